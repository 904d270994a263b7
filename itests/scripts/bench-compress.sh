# bench compress: what the compression of volumes saves and costs, on several kinds of data.

compress_data() { # kind
  case $1 in
    text) for f in /usr/share/common-licenses/*; do cat "$f"; done; find /usr/share/doc -name copyright -exec cat {} + ;;
    binary) cat "$(find "$(dirname "$(readlink -f "$(command -v java)")")/.." -name libjvm.so | head -1)" /usr/bin/qemu-system-x86_64 ;;
    random) head -c 64M /dev/urandom ;;
  esac 2>/dev/null | head -c 64M
}

bench_compress() {
  rounds=3
  [ -z "$quick" ] || rounds=1
  (device_create a) >/dev/null && (device_start a) || return 1
  socket="$devices_dir/a/run/control.sock"
  pid=$(device_pid "$devices_dir/a")
  for kind in text binary random; do
    compress_data $kind >"$COTERIE_HOME/$kind"
    truncate -s 64M "$COTERIE_HOME/$kind"
  done
  for round in $(seq 0 $rounds); do # the first is not counted: the JVM compiles
    for kind in text binary random; do
      for codec in none zstd lz4; do
        control "$socket" 0 0 run volume create v --size 64M $([ $codec = none ] || echo --compress $codec) >/dev/null || return 1
        uri=$(control "$socket" 0 0 run volume open v)
        c0=$(cpu_ms "$pid") t0=$(now_ms)
        nbdcopy "$COTERIE_HOME/$kind" "$uri" || return 1
        t1=$(now_ms) c1=$(cpu_ms "$pid")
        nbdcopy "$uri" null: || return 1
        t2=$(now_ms)
        control "$socket" 0 0 run volume close "$uri" >/dev/null
        control "$socket" 0 0 run volume check v >/dev/null 2>&1 || return 1
        live=$(control "$socket" 0 0 run volume info v -o json | grep -o '"live_bytes":[ "]*[0-9]*' | grep -o '[0-9]*$')
        data=$(control "$socket" 0 0 run volume info v -o json | grep -o '"data_bytes":[ "]*[0-9]*' | grep -o '[0-9]*$')
        control "$socket" 0 0 run volume rm v --yes >/dev/null
        [ $round != 0 ] || continue
        awk -v l="$live" -v d="$data" 'BEGIN { print 100 * l / d }' >>"$COTERIE_HOME/$kind.$codec.percent"
        echo $((t1 - t0)) >>"$COTERIE_HOME/$kind.$codec.write"
        echo $((t2 - t1)) >>"$COTERIE_HOME/$kind.$codec.read"
        say "$kind, $codec, round $round: $((live >> 10)) KiB of the log for $((data >> 10)) KiB, written in $((t1 - t0)) ms (CPU $((c1 - c0)) ms), read in $((t2 - t1)) ms"
      done
    done
  done
  line='bench compress:'
  for codec in zstd lz4; do
    for kind in text binary random; do
      line="$line ${codec}_${kind}_percent=$(median <"$COTERIE_HOME/$kind.$codec.percent" | awk '{ printf "%.1f", $1 }')"
    done
    for way in write read; do
      line="$line ${codec}_binary_${way}_vs_none=$(awk -v a="$(median <"$COTERIE_HOME/binary.none.$way")" -v b="$(median <"$COTERIE_HOME/binary.$codec.$way")" 'BEGIN { printf "%.2f", a / b }')"
    done
  done
  say "$line"
}
