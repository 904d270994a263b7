# bench archive: what archives of volumes take, on the kinds of data of S1-4.2 and S1-8.9, and how fast they are
# written, against qemu-img's zstd-compressed qcow2 (not encrypted) and our own raw export, alternating.

archive_kind() { # name file: its archive against the file, in percent; what comes back is compared
  size=$(stat -c %s "$2")
  control "$socket" 0 0 run volume create "$1" --size "$size" >/dev/null || return 1
  uri=$(control "$socket" 0 0 run volume open "$1") || return 1
  nbdcopy "$2" "$uri" || return 1
  control "$socket" 0 0 run volume close "$uri" >/dev/null
  control "$socket" 0 0 run volume archive "$1" "$dir/$1.cot" >/dev/null || return 1
  control "$socket" 0 0 run volume unarchive "$dir/$1.cot" "$1-back" >/dev/null || return 1
  control "$socket" 0 0 run volume export "$1-back" "$dir/$1.back" >/dev/null || return 1
  cmp "$2" "$dir/$1.back" || fail COT-0933 1 "the $1 archive gave something else back" "coterie volume check $1"
  qemu-img convert -q -c -f raw -O qcow2 -o compression_type=zstd "$2" "$dir/$1.qcow2" || return 1
  a=$(stat -c %s "$dir/$1.cot") q=$(stat -c %s "$dir/$1.qcow2")
  say "$1: $size bytes, archive $a, qcow2 with zstd $q"
  percent=$(awk -v a="$a" -v s="$size" 'BEGIN { printf "%.2f", 100 * a / s }')
  control "$socket" 0 0 run volume rm "$1-back" --yes >/dev/null
}

ms_since() { echo $((($(date +%s%N) - $1) / 1000000)); }

bench_archive() {
  rounds=3 big_mib=512
  [ -z "$quick" ] || { rounds=1 big_mib=128; }
  dir="$COTERIE_HOME/data"
  mkdir -p "$dir"
  (device_create a) >/dev/null && (device_start a) || return 1
  socket="$devices_dir/a/run/control.sock"
  libjvm=$(find "$(dirname "$(readlink -f "$(command -v java)")")/.." -name libjvm.so | head -1)
  truncate -s 6602752 "$dir/sparse" # 6.6 MB with one file system's worth of headers
  head -c 16384 "$libjvm" | dd of="$dir/sparse" bs=4096 seek=256 conv=notrunc status=none
  while [ "$(stat -c %s "$dir/text" 2>/dev/null || echo 0)" -lt 7000064 ]; do cat /usr/share/common-licenses/GPL-3 >>"$dir/text"; done
  truncate -s 7000064 "$dir/text"
  head -c 16777216 "$libjvm" >"$dir/binary"
  head -c 16777216 /dev/urandom >"$dir/random"
  line='bench archive:'
  for kind in sparse text binary random; do
    archive_kind $kind "$dir/$kind" || return 1
    line="$line ${kind}_percent=$percent"
  done
  n=0
  while [ $((n * 16)) -lt $big_mib ]; do cat "$dir/binary" >>"$dir/big"; n=$((n + 1)); done
  control "$socket" 0 0 run volume create big --size ${big_mib}M >/dev/null || return 1
  uri=$(control "$socket" 0 0 run volume open big) || return 1
  nbdcopy "$dir/big" "$uri" || return 1
  control "$socket" 0 0 run volume snapshot create big one >/dev/null || return 1
  pid=$(device_pid "$devices_dir/a")
  for round in $(seq $rounds); do
    rm -f "$dir"/big.*
    c0=$(cpu_ms "$pid") t0=$(date +%s%N)
    control "$socket" 0 0 run volume archive big "$dir/big.cot" --snapshot one >/dev/null || return 1
    a=$(ms_since "$t0") cpu=$(($(cpu_ms "$pid") - c0))
    t0=$(date +%s%N)
    qemu-img convert -q -c -f raw -O qcow2 -o compression_type=zstd "$dir/big" "$dir/big.qcow2" || return 1
    q=$(ms_since "$t0") t0=$(date +%s%N)
    control "$socket" 0 0 run volume export big "$dir/big.raw" --snapshot one >/dev/null || return 1
    e=$(ms_since "$t0") t0=$(date +%s%N)
    control "$socket" 0 0 run volume unarchive "$dir/big.cot" "back$round" >/dev/null || return 1
    u=$(ms_since "$t0")
    control "$socket" 0 0 run volume rm "back$round" --yes >/dev/null
    say "round $round, $big_mib MiB: archive $a ms ($cpu ms of CPU), qemu-img with zstd $q ms, raw export $e ms, unarchive $u ms"
    echo "$a $q $e $u $cpu" >>"$COTERIE_HOME/times"
  done
  qemu-io -f raw -c "write -P 7 100M 1M" -c "write -P 8 20M 64k" "$uri" >/dev/null || return 1
  control "$socket" 0 0 run volume snapshot create big two >/dev/null || return 1
  t0=$(date +%s%N)
  control "$socket" 0 0 run volume archive big "$dir/two.cot" --snapshot two --since one >/dev/null || return 1
  i=$(ms_since "$t0")
  say "incremental: $i ms, $(stat -c %s "$dir/two.cot") bytes"
  say "load at end: $(cut -d' ' -f1-3 /proc/loadavg)"
  for column in "mib_s 1 rate" "vs_qemu_zstd 2 ratio" "vs_raw_export 3 ratio" "unarchive_mib_s 4 rate" "cpu_us_per_mib 5 cpu"; do
    set -- $column
    value=$(awk -v c="$2" -v k="$3" -v m=$big_mib '{ print k == "rate" ? m * 1000 / $c : k == "cpu" ? $c * 1000 / m : $c / $1 }' "$COTERIE_HOME/times" | median)
    line="$line $1=$(awk -v v="$value" 'BEGIN { printf "%.2f", v }')"
  done
  say "$line incremental_ms=$i"
}
