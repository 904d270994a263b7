# bench volume: fio's nbd engine over unix sockets; peers in the same run, alternating.
. "$SOURCES/itests/scripts/guest.sh"

SIZE_MIB=512
DATA="seqread seqwrite rand4kread rand4kwrite"

serve_peers() {
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
  await_sockets raw luks kit
}

# The engine alone, sealing and passing through, each in a process of its own.
serve_engines() {
  maven -DskipTests package -pl itests/bench -am || fail COT-0930 1 "the build failed" "mvn -B package"
  for cipher in AES-256-GCM none; do
    java -Xmx512m -cp "$SOURCES/itests/bench/target/bench-$VERSION.jar:$(cat "$SOURCES/itests/bench/target/classpath")" \
      io.coterie.volume.nbd.internal.EngineServer "$dir/engine-$cipher" "$dir/$cipher.sock" $((SIZE_MIB << 20)) $cipher &
    eval "pid_$(echo $cipher | tr -d -- -)=$!"
    bench_pids="$bench_pids $!"
  done
  await_sockets AES-256-GCM none
}

end_engines() {
  for pid in $pid_AES256GCM $pid_none; do kill $pid 2>/dev/null; wait $pid 2>/dev/null; done
}

await_sockets() {
  for name in "$@"; do
    n=0
    until [ -S "$dir/$name.sock" ]; do
      sleep 0.1
      n=$((n + 1))
      [ $n -lt 200 ] || fail COT-0933 1 "the peer $name did not start" "coterie doctor"
    done
  done
}

fill() { # uri
  fio --name=fill --ioengine=nbd --uri="$1" --size=${SIZE_MIB}M --rw=write --bs=1M --iodepth=8 --output=/dev/null >/dev/null 2>&1 ||
    fail COT-0933 1 "filling $1 failed" "coterie device logs"
}

cell() { # uri rw blocksize depth [fio's options]: MiB/s or IOPS, and the longest answer in ms
  uri=$1 rw=$2 bs=$3 depth=$4
  shift 4
  timeout $((seconds + 60)) fio --name=b --ioengine=nbd --uri="$uri" --size=${SIZE_MIB}M --time_based --runtime="$seconds" --rw="$rw" --bs="$bs" \
    --iodepth="$depth" --randrepeat=0 --norandommap "$@" --output-format=json --output="$COTERIE_HOME/fio.json" >/dev/null 2>&1 || { echo 0 0; return; }
  /usr/bin/python3 - "$COTERIE_HOME/fio.json" "$rw" "$bs" <<'PY'
import json, sys
job = json.load(open(sys.argv[1]))["jobs"][0]
side = job["read"] if "read" in sys.argv[2] else job["write"]
print(round(side["iops"] if sys.argv[3] == "4k" else side["bw"] / 1024, 1), round(side["clat_ns"]["max"] / 1e6))
PY
}

rate() { cell "$@" | awk '{ print $1 }'; }

alive() { # test value...
  test=$1
  shift
  for v in "$@"; do [ "$v" != 0 ] || fail COT-0933 1 "a server failed during $test" "coterie bench volume"; done
}

ratio() { # name a b
  awk -v a="$2" -v b="$3" 'BEGIN { print a / b }' >>"$COTERIE_HOME/$1"
}

key() { # name
  awk -v m="$(median <"$COTERIE_HOME/$1")" 'BEGIN { printf "%.2f", m }'
}

# The four tests against the peers, and with the other cipher.
bench_data() {
  for test in "seqread read 1M 8" "seqwrite write 1M 8" "rand4kread randread 4k 16" "rand4kwrite randwrite 4k 16"; do
    set -- $test
    # Not counted: the JVM compiles what a test uses in its first seconds, and caches fill.
    for uri in "$ours" "$chacha" "$raw" "$luks" "$kit"; do rate "$uri" $2 $3 $4 >/dev/null; done
    for round in $(seq $rounds); do
      c0=$(cpu_ms "$pid")
      o=$(rate "$ours" $2 $3 $4)
      c1=$(cpu_ms "$pid")
      r=$(rate "$raw" $2 $3 $4)
      l=$(rate "$luks" $2 $3 $4)
      k=$(rate "$kit" $2 $3 $4)
      c=$(rate "$chacha" $2 $3 $4)
      alive $1 "$o" "$r" "$l" "$k" "$c"
      us=$(awk -v c=$((c1 - c0)) -v o="$o" -v s="$seconds" 'BEGIN { printf "%.1f", c * 1000 / (o * s) }')
      unit=$([ $3 = 4k ] && echo IOPS || echo MiB/s)
      say "$1 round $round: coterie $o, with ChaCha20 $c, qemu-nbd raw $r, qemu-nbd luks $l, nbdkit luks $k ($unit), coterie CPU $us us/$([ $3 = 4k ] && echo op || echo MiB)"
      ratio $1.raw "$o" "$r"
      ratio $1.luks "$o" "$(echo "$l $k" | awk '{ print ($1 > $2 ? $1 : $2) }')"
      ratio $1.chacha "$c" "$o"
      echo "$us" >>"$COTERIE_HOME/$1.cpu"
      [ $1 != rand4kwrite ] || echo "$o" >>"$COTERIE_HOME/fresh"
    done
  done
}

# One request at a time, and a flush behind each write.
bench_latency() {
  fio --name=disk --filename="$dir/disk" --size=16M --rw=randwrite --bs=4k --ioengine=sync --fdatasync=1 --runtime="$seconds" --time_based \
    --output-format=json --output="$COTERIE_HOME/disk.json" >/dev/null 2>&1
  say "the disk: $(/usr/bin/python3 -c 'import json, sys; j = json.load(open(sys.argv[1]))["jobs"][0]; print(round(j["write"]["iops"]), "writes with fdatasync a second,", round(j["sync"]["lat_ns"]["mean"] / 1e3), "us each")' "$COTERIE_HOME/disk.json")"
  for test in "qd1read randread" "qd1write randwrite" "fsync randwrite --fsync=1"; do
    set -- $test
    name=$1 rw=$2 more=${3:-}
    for uri in "$ours" "$raw"; do rate "$uri" $rw 4k 1 $more >/dev/null; done
    for round in $(seq $rounds); do
      o=$(rate "$ours" $rw 4k 1 $more)
      r=$(rate "$raw" $rw 4k 1 $more)
      alive $name "$o" "$r"
      say "$name round $round: coterie $o, qemu-nbd raw $r (IOPS, depth 1)"
      case $name in
        fsync) ratio fsync "$o" "$r" ;;
        *) ratio $name "$r" "$o" ;; # of latencies
      esac
    done
  done
}

# What the encryption itself costs: the same engine with and without it.
bench_aead() {
  serve_engines
  sealing="nbd+unix:///bench?socket=$dir/AES-256-GCM.sock"
  passing="nbd+unix:///bench?socket=$dir/none.sock"
  fill "$sealing"
  fill "$passing"
  for test in "seqread read 1M 8" "seqwrite write 1M 8" "rand4kread randread 4k 16" "rand4kwrite randwrite 4k 16"; do
    set -- $test
    for uri in "$sealing" "$passing"; do rate "$uri" $2 $3 $4 >/dev/null; done
    for round in $(seq $rounds); do
      c0=$(cpu_ms "$pid_AES256GCM")
      s=$(rate "$sealing" $2 $3 $4)
      c1=$(cpu_ms "$pid_AES256GCM")
      d0=$(cpu_ms "$pid_none")
      p=$(rate "$passing" $2 $3 $4)
      d1=$(cpu_ms "$pid_none")
      alive "$1 of the engine" "$s" "$p"
      us=$(awk -v c=$((c1 - c0)) -v s="$s" -v d=$((d1 - d0)) -v p="$p" -v t="$seconds" 'BEGIN { printf "%.1f", c * 1000 / (s * t) - d * 1000 / (p * t) }')
      say "$1 round $round: the engine alone $s, without encryption $p, encryption takes $us us/$([ $3 = 4k ] && echo op || echo MiB)"
      awk -v s="$s" -v p="$p" 'BEGIN { print 1 - s / p }' >>"$COTERIE_HOME/$1.cost"
      echo "$us" >>"$COTERIE_HOME/$1.aead"
    done
  done
  end_engines
}

# Random writes over four fifths of the volume, for long.
bench_sustained() {
  before=$seconds seconds=300
  set -- $(cell "$ours" randwrite 4k 16 --size=$((SIZE_MIB * 4 / 5))M)
  seconds=$before
  alive sustained "$1"
  say "300 s of random writes: $1 IOPS, the longest took $2 ms; fresh $(median <"$COTERIE_HOME/fresh")"
  sustained=$(awk -v s="$1" -v f="$(median <"$COTERIE_HOME/fresh")" 'BEGIN { printf "%.2f", s / f }')
  stall=$2
}

booted() { # machine: ms from its start until it has read its disk
  log="$devices_dir/a/log/vm-$1.serial.log"
  rm -f "$log"
  t0=$(now_ms)
  control "$socket" 0 0 run vm start "$1" >/dev/null || fail COT-0933 1 "$1 did not start" "coterie device logs"
  until grep -q "canary=" "$log" 2>/dev/null; do
    sleep 0.02
    [ $(($(now_ms) - t0)) -lt 120000 ] || fail COT-0933 1 "$1 did not boot" "coterie vm console $1"
  done
  echo $(($(now_ms) - t0))
  control "$socket" 0 0 run vm stop "$1" --grace 0 >/dev/null
}

bench_boot() {
  guest_build
  guest_disk "$dir/guest.qcow2"
  for kind in sealed plain; do
    control "$socket" 0 0 run vm create $kind --image "$dir/guest.qcow2" --memory 256M --kernel "$CACHE/guest/vmlinuz" \
      --initrd "$CACHE/guest/initrd.gz" --append "$GUEST_APPEND" $([ $kind = sealed ] || echo --plain) >/dev/null ||
      fail COT-0933 1 "machine $kind was not created" "coterie device logs"
    booted $kind >/dev/null
  done
  for round in 1 2 3 4 5; do
    s=$(booted sealed)
    p=$(booted plain)
    say "boot round $round: encrypted $s ms, plain $p ms"
    echo "$s" >>"$COTERIE_HOME/boot.sealed"
    echo "$p" >>"$COTERIE_HOME/boot.plain"
  done
}

largest() { for name in "$@"; do key "$name"; echo; done | sort -n | tail -1; }

smallest() { for name in "$@"; do key "$name"; echo; done | sort -n | head -1; }

bench_volume() {
  rounds=3 seconds=3
  [ -z "$quick" ] || { rounds=1 seconds=1; }
  dir="$COTERIE_HOME/peers"
  (device_create a) >/dev/null && (device_start a) || return 1
  socket="$devices_dir/a/run/control.sock"
  for name in bench chacha; do
    control "$socket" 0 0 run volume create $name --size ${SIZE_MIB}M --cipher $([ $name = bench ] && echo AES-256-GCM || echo ChaCha20-Poly1305) || return 1
  done
  ours=$(control "$socket" 0 0 run volume open bench)
  chacha=$(control "$socket" 0 0 run volume open chacha)
  serve_peers
  raw="nbd+unix:///raw?socket=$dir/raw.sock"
  luks="nbd+unix:///luks?socket=$dir/luks.sock"
  kit="nbd+unix:///?socket=$dir/kit.sock"
  say "filling all of them once"
  for uri in "$ours" "$chacha" "$raw" "$luks" "$kit"; do fill "$uri"; done
  pid=$(device_pid "$devices_dir/a")
  bench_data
  bench_latency
  bench_aead
  line='bench volume:'
  for t in $DATA; do for p in raw luks; do line="$line ${t}_vs_$p=$(key $t.$p)"; done; done
  line="$line qd1_latency_vs_raw=$(largest qd1read qd1write) aead_cost_rand=$(largest rand4kread.cost rand4kwrite.cost)"
  line="$line aead_cost_seq=$(largest seqread.cost seqwrite.cost) aead_cpu_us_per_mib=$(largest seqread.aead seqwrite.aead)"
  line="$line chacha_vs_gcm=$(smallest seqread.chacha seqwrite.chacha rand4kread.chacha rand4kwrite.chacha) fsync_vs_raw=$(key fsync)"
  if [ -z "$quick" ]; then
    bench_sustained
    bench_boot
    line="$line sustained_vs_fresh=$sustained max_stall_ms=$stall"
    line="$line boot_extra_ms=$(awk -v s="$(median <"$COTERIE_HOME/boot.sealed")" -v p="$(median <"$COTERIE_HOME/boot.plain")" 'BEGIN { printf "%d", s - p }')"
  fi
  for t in seqread seqwrite; do line="$line ${t}_cpu_us_per_mib=$(median <"$COTERIE_HOME/$t.cpu")"; done
  for t in rand4kread rand4kwrite; do line="$line ${t}_cpu_us=$(median <"$COTERIE_HOME/$t.cpu")"; done
  say "load at end: $(cut -d' ' -f1-3 /proc/loadavg)"
  say "$line"
}
