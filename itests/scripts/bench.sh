# ./coterie bench: measurements. Each bench is a script bench-NAME.sh with a function bench_NAME.
. "$SOURCES/itests/scripts/common.sh"

bench_list() {
  say "benches (coterie bench NAME [--quick]):"
  say "  archive  archives of volumes: size on several kinds of data, speed against qemu-img's compression"
  say "  compress volumes with and without compression: room that kinds of data take, speed"
  say "  crypto   every AEAD implementation against openssl speed; KEMs and signatures"
  say "  device   boot time, resident memory, open sockets, size of the distribution"
  say "  link     one stream over a secure link against OpenSSL and against plain TCP through the same transport"
  say "  pairing  init, invite and join of one device"
  say "  space    what volumes take of memory and of the disk"
  say "  volume   a volume through its block device server against qemu-nbd (raw, LUKS) and nbdkit's LUKS"
}

# The middle of the numbers on standard input.
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR == 0) print 0; else if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# Milliseconds of processor time that a process used.
cpu_ms() { awk '{ print ($14 + $15) * 10 }' "/proc/$1/stat" 2>/dev/null || echo 0; }

main_bench() {
  name='' quick=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --quick) quick=1; shift ;;
      -h | --help) bench_list; return 0 ;;
      -*) fail COT-0900 2 "unknown option '$1'" "coterie bench [NAME] [--quick]" ;;
      *) name="$1"; shift ;;
    esac
  done
  [ -n "$name" ] || { bench_list; return 0; }
  [ -f "$SOURCES/itests/scripts/bench-$name.sh" ] || fail COT-0932 2 "there is no bench '$name'" "coterie bench"
  require test
  build_dist
  COTERIE_HOME=$(mktemp -d /tmp/coterie-bench.XXXXXX) || fail COT-0905 1 "no scratch directory" "df -h /tmp"
  export COTERIE_HOME
  devices_dir="$COTERIE_HOME/devices"
  . "$SOURCES/itests/scripts/bench-$name.sh"
  trap 'bench_end' EXIT
  trap 'exit 130' INT TERM
  say "load at start: $(cut -d' ' -f1-3 /proc/loadavg)"
  "bench_$name" || return 1
}

bench_end() {
  trap - EXIT
  kill $bench_pids 2>/dev/null
  for home in "$devices_dir"/*; do [ -d "$home" ] && kill_device "$home"; done
  rm -rf "$COTERIE_HOME"
}
bench_pids=''
