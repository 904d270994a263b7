# bench volume: fio's nbd engine over unix sockets; peers in the same run, alternating.

SIZE_MIB=512

serve_peers() {
  dir="$COTERIE_HOME/peers"
  mkdir -p "$dir"
  printf secret >"$dir/key"
  fallocate -l ${SIZE_MIB}M "$dir/raw.img"
  # Fails at random where CPU accounting is coarse: its key derivation is timed.
  n=0
  until qemu-img create -q -f luks --object secret,id=k,file="$dir/key" -o key-secret=k,iter-time=100 "$dir/luks.img" ${SIZE_MIB}M >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 60 ] || fail COT-0933 1 "no LUKS image could be made" "coterie bench volume"
  done
  cp "$dir/luks.img" "$dir/luks2.img" # qemu-nbd and nbdkit may not share one file
  qemu-nbd -t -e 0 -x raw -f raw --cache=writeback -k "$dir/raw.sock" "$dir/raw.img" &
  bench_pids="$bench_pids $!"
  qemu-nbd -t -e 0 -x luks --object secret,id=k,file="$dir/key" --image-opts "driver=luks,key-secret=k,file.filename=$dir/luks.img" \
    --cache=writeback -k "$dir/luks.sock" &
  bench_pids="$bench_pids $!"
  nbdkit -f -U "$dir/kit.sock" --filter=luks file "$dir/luks2.img" passphrase=+"$dir/key" &
  bench_pids="$bench_pids $!"
}

cell() { # uri rw blocksize depth: MiB/s or IOPS
  timeout 60 fio --name=b --ioengine=nbd --uri="$1" --size=${SIZE_MIB}M --time_based --runtime="$seconds" --rw="$2" --bs="$3" --iodepth="$4" \
    --randrepeat=0 --norandommap --output-format=json --output="$COTERIE_HOME/fio.json" >/dev/null 2>&1 || { echo 0; return; }
  /usr/bin/python3 - "$COTERIE_HOME/fio.json" "$2" "$3" <<'PY'
import json, sys
job = json.load(open(sys.argv[1]))["jobs"][0]
side = job["read"] if "read" in sys.argv[2] else job["write"]
print(round(side["iops"] if sys.argv[3] == "4k" else side["bw"] / 1024, 1))
PY
}

bench_volume() {
  rounds=3 seconds=3
  [ -z "$quick" ] || { rounds=1 seconds=1; }
  (device_create a) >/dev/null && (device_start a) || return 1
  socket="$devices_dir/a/run/control.sock"
  control "$socket" 0 0 run volume create bench --size ${SIZE_MIB}M || return 1
  ours=$(control "$socket" 0 0 run volume open bench)
  serve_peers
  n=0
  until [ -S "$dir/raw.sock" ] && [ -S "$dir/luks.sock" ] && [ -S "$dir/kit.sock" ]; do
    sleep 0.1
    n=$((n + 1))
    [ $n -lt 100 ] || fail COT-0933 1 "the peers did not start" "coterie doctor"
  done
  raw="nbd+unix:///raw?socket=$dir/raw.sock"
  luks="nbd+unix:///luks?socket=$dir/luks.sock"
  kit="nbd+unix:///?socket=$dir/kit.sock"
  say "filling all of them once"
  for uri in "$ours" "$raw" "$luks" "$kit"; do
    fio --name=fill --ioengine=nbd --uri="$uri" --size=${SIZE_MIB}M --rw=write --bs=1M --iodepth=8 --output=/dev/null >/dev/null 2>&1 ||
      fail COT-0933 1 "filling $uri failed" "coterie device logs"
  done
  pid=$(device_pid "$devices_dir/a")
  for test in "seqread read 1M 8" "seqwrite write 1M 8" "rand4kread randread 4k 16" "rand4kwrite randwrite 4k 16"; do
    set -- $test
    # Not counted: the JVM compiles what a test uses in its first seconds, and caches fill.
    for uri in "$ours" "$raw" "$luks" "$kit"; do cell "$uri" $2 $3 $4 >/dev/null; done
    for round in $(seq $rounds); do
      c0=$(cpu_ms "$pid")
      o=$(cell "$ours" $2 $3 $4)
      c1=$(cpu_ms "$pid")
      r=$(cell "$raw" $2 $3 $4)
      l=$(cell "$luks" $2 $3 $4)
      k=$(cell "$kit" $2 $3 $4)
      for v in "$o" "$r" "$l" "$k"; do [ "$v" != 0 ] || fail COT-0933 1 "a server failed during $1" "coterie bench volume"; done
      us=$(awk -v c=$((c1 - c0)) -v o="$o" -v s="$seconds" 'BEGIN { printf "%.1f", c * 1000 / (o * s) }')
      say "$1 round $round: coterie $o, qemu-nbd raw $r, qemu-nbd luks $l, nbdkit luks $k ($([ $3 = 4k ] && echo IOPS || echo MiB/s)), coterie CPU $us us/$([ $3 = 4k ] && echo op || echo MiB)"
      echo "$o $r $l $k" | awk '{ print $1 / $2 }' >>"$COTERIE_HOME/$1.raw"
      echo "$o $r $l $k" | awk '{ b = $3 > $4 ? $3 : $4; print $1 / b }' >>"$COTERIE_HOME/$1.luks"
      echo "$us" >>"$COTERIE_HOME/$1.cpu"
    done
  done
  say "load at end: $(cut -d' ' -f1-3 /proc/loadavg)"
  line='bench volume:'
  for t in seqread seqwrite; do for p in raw luks; do line="$line ${t}_vs_$p=$(median <"$COTERIE_HOME/$t.$p" | awk '{ printf "%.2f", $1 }')"; done; done
  for t in rand4kread rand4kwrite; do for p in raw luks; do line="$line ${t}_vs_$p=$(median <"$COTERIE_HOME/$t.$p" | awk '{ printf "%.2f", $1 }')"; done; done
  for t in seqread seqwrite; do line="$line ${t}_cpu_us_per_mib=$(median <"$COTERIE_HOME/$t.cpu")"; done
  for t in rand4kread rand4kwrite; do line="$line ${t}_cpu_us=$(median <"$COTERIE_HOME/$t.cpu")"; done
  say "$line"
}
