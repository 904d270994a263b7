# ./coterie demo: the main job, end to end, with real parts only.
. "$SOURCES/itests/scripts/common.sh"
. "$SOURCES/itests/scripts/guest.sh"

demo_usage() {
  say "usage: coterie demo [--keep] [--image FILE]"
  say "  --keep        leave the devices running and say what to try next"
  say "  --image FILE  boot this QCOW2 instead of the small test guest"
}

# A command on a device of the demo.
on() { # device word...
  on_device="$1"
  shift
  control "$devices_dir/$on_device/run/control.sock" 300000 0 run "$@"
}

demo_failed() { # what
  trap - EXIT INT TERM
  say ""
  say "DEMO FAILED: $1"
  say "logs: $COTERIE_HOME/devices/*/log/device.log, machines: $COTERIE_HOME/devices/*/log/vm-*.log and vms/*/qemu.log"
  demo_stop_everything
  kill $(jobs -p) 2>/dev/null
  exit 1
}

# Ends what the demo started, by the pids it wrote down; the files stay for a look.
demo_stop_everything() {
  for pidfile in "$COTERIE_HOME"/devices/*/vms/*/qemu.pid; do
    [ -f "$pidfile" ] || continue
    q_pid=$(cat "$pidfile")
    tr '\0' ' ' <"/proc/$q_pid/cmdline" 2>/dev/null | grep -qF "$COTERIE_HOME/" && kill -9 "$q_pid" 2>/dev/null
  done
  for home in "$COTERIE_HOME"/devices/*; do kill_device "$home"; done
}

demo_interrupted() {
  trap - EXIT INT TERM
  say "interrupted: stopping what was started"
  demo_stop_everything
  rm -rf "$COTERIE_HOME"
  exit 130
}

heartbeats() { # device: the newest heartbeat it has seen
  sed -n 's/^HB n=\([0-9]*\).*/\1/p' "$devices_dir/$1/log/vm-web.serial.log" 2>/dev/null | tail -1
}

await_heartbeats() { # device count seconds: waits until so many more came; fails the demo otherwise
  h_first=$(heartbeats "$1")
  h_end=$(($(date +%s) + $3))
  while :; do
    h_now=$(heartbeats "$1")
    [ "${h_now:-0}" -ge $((${h_first:-0} + $2)) ] && return 0
    [ "$(date +%s)" -le "$h_end" ] || demo_failed "no heartbeats on device $1 within $3 s (last: ${h_now:-none})"
    sleep 0.1
  done
}

await_text() { # device text seconds
  t_end=$(($(date +%s) + $3))
  until grep -q "$2" "$devices_dir/$1/log/vm-web.serial.log" 2>/dev/null; do
    [ "$(date +%s)" -le "$t_end" ] || demo_failed "the guest did not say '$2' within $3 s"
    sleep 0.05
  done
}

figure() { printf '%s\n' "$2" | sed -n "s/.*$1=\([0-9.]*\).*/\1/p"; }

main_demo() {
  keep='' image=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --keep) keep=1; shift ;;
      --image) image="${2:-}"; [ -n "$image" ] || fail COT-0900 2 "--image needs a file" "coterie demo --image FILE"; shift 2 ;;
      -h | --help) demo_usage; return 0 ;;
      *) fail COT-0900 2 "unknown option '$1'" "coterie demo [--keep] [--image FILE]" ;;
    esac
  done
  [ -z "$image" ] || [ -f "$image" ] || fail COT-0701 3 "there is no image $image" "ls -l $image"
  require build
  build_dist
  guest_build
  user_image="$image"
  COTERIE_HOME=$(mktemp -d /tmp/coterie-demo.XXXXXX) || fail COT-0905 1 "no scratch directory" "df -h /tmp"
  devices_dir="$COTERIE_HOME/devices"
  trap demo_interrupted INT TERM

  step "three devices on this machine, each with its own home under $COTERIE_HOME"
  for d in a b c; do (device_create $d) || demo_failed "device $d could not be created"; done
  boot_ms=0
  for d in a b c; do
    (device_start $d) >"$COTERIE_HOME/start-$d" 2>&1
    cat "$COTERIE_HOME/start-$d"
    ms=$(sed -n 's/.*ready after \([0-9]*\) ms.*/\1/p' "$COTERIE_HOME/start-$d")
    [ -n "$ms" ] || demo_failed "device $d did not start"
    [ "$ms" -le $boot_ms ] || boot_ms=$ms
  done

  step "they become a coterie: A founds it, B and C join with a token each that is good once"
  on a init --name demo --listen tcp://127.0.0.1:0 || demo_failed "A did not begin a coterie"
  for d in b c; do
    on a invite --no-qr --no-wait --trust-token >"$COTERIE_HOME/token" || demo_failed "A does not invite"
    on $d join --token "$COTERIE_HOME/token" --listen tcp://127.0.0.1:0 || demo_failed "$d did not join"
    rm -f "$COTERIE_HOME/token"
  done
  for d in a b c; do
    n=0
    until [ "$(on $d peer list -o csv | grep -c tcp://)" = 2 ]; do
      n=$((n + 1))
      [ $n -lt 200 ] || demo_failed "$d does not know the two others"
      sleep 0.1
    done
  done
  on a roster show

  step "a machine on A: its QCOW2 image is imported into an encrypted volume and compared block by block"
  if [ -n "$user_image" ]; then
    on a vm create web --image "$user_image" --memory 1G || demo_failed "the machine was not created"
  else
    guest_disk "$COTERIE_HOME/guest.qcow2"
    canary=$(yes "COTERIE-CANARY this text lies on the guest's disk and nowhere else" | head -c 4194304 | md5sum | cut -c1-32)
    on a vm create web --image "$COTERIE_HOME/guest.qcow2" --memory 256M --kernel "$CACHE/guest/vmlinuz" \
      --initrd "$CACHE/guest/initrd.gz" --append "$GUEST_APPEND" || demo_failed "the machine was not created"
  fi
  on a volume info web

  step "the guest boots on A from the encrypted volume"
  t0=$(now_ms)
  on a vm start web || demo_failed "the machine did not start"
  if [ -n "$user_image" ]; then
    say "your image boots; its console: coterie -d a vm console web"
    demo_own_image
    return $?
  fi
  await_text a 'COTERIE-GUEST ready' 90
  guest_boot_ms=$(($(now_ms) - t0))
  grep -q "canary=$canary" "$devices_dir/a/log/vm-web.serial.log" || demo_failed "the guest reads another text from its disk"
  say "the guest is up after $guest_boot_ms ms and reads its disk right"
  await_heartbeats a 10 30
  say "heartbeats on A: $(heartbeats a), each a record on the disk with fsync"

  step "live migration A -> B: memory flows through a mesh stream, the disk stays on A and is used over another"
  result=$(on a vm migrate web --to b) || demo_failed "the migration to B failed"
  say "$result"
  m1=$(figure total_ms "$result") d1=$(figure downtime_ms "$result")
  await_heartbeats b 5 30
  say "heartbeats on B: $(heartbeats b)"

  step "the link between A and B changes from suite standard to max with the disk's traffic on it"
  on b link list
  on b link suite a max || demo_failed "the suite did not change"
  await_heartbeats b 5 30
  on b link list

  step "live migration B -> C while the KEM plugin is exchanged on A and C under load"
  features=$(kem_next_features "$COTERIE_HOME")
  for d in a c; do on $d identity selftest --seconds 8 >"$COTERIE_HOME/selftest-$d" 2>&1 & done
  sleep 1
  (on c feature upgrade coterie-crypto-mlkem --from "$features" && on a feature upgrade coterie-crypto-mlkem --from "$features") >"$COTERIE_HOME/upgrade" 2>&1 &
  upgrade_pid=$!
  result=$(on b vm migrate web --to c) || demo_failed "the migration to C failed"
  wait $upgrade_pid || { cat "$COTERIE_HOME/upgrade"; demo_failed "the KEM plugin was not exchanged"; }
  wait
  cat "$COTERIE_HOME/upgrade"
  say "$result"
  m2=$(figure total_ms "$result") d2=$(figure downtime_ms "$result")
  swap_failures=0
  for d in a c; do
    cat "$COTERIE_HOME/selftest-$d"
    f=$(figure failures "$(cat "$COTERIE_HOME/selftest-$d")")
    [ -n "$f" ] || demo_failed "the calls during the exchange on $d were not counted"
    swap_failures=$((swap_failures + f))
    on $d feature list -o csv | grep '^coterie-crypto-mlkem,0.1.1' >/dev/null || demo_failed "device $d does not run the new plugin"
  done
  await_heartbeats c 5 30
  say "heartbeats on C: $(heartbeats c)"

  step "kill -9 of the JVM of C, which runs the guest"
  vm_pid=$(cat "$devices_dir/c/vms/web/qemu.pid")
  before=$(heartbeats c)
  kill_device "$devices_dir/c"
  [ -d "/proc/$vm_pid" ] || demo_failed "the guest died with the JVM"
  say "the JVM is gone, the guest (process $vm_pid) lives on; its disk waits"
  (device_start c) || demo_failed "device c did not come back"
  await_heartbeats c 10 60
  on c vm list
  [ "$(on c vm list -o csv | awk -F, '$1 == "web" { print $6 }')" = "$vm_pid" ] || demo_failed "the guest was not adopted"
  say "adopted: heartbeats $before -> $(heartbeats c)"
  io_errors=$(on c vm info web -o csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "io_errors") k = i } NR == 2 { print $k }')

  step "the disk is checked from outside, and the volume's files for plaintext"
  on c vm stop web --grace 0 || demo_failed "the machine did not stop"
  last=$(heartbeats c)
  on a volume check web || demo_failed "the volume is damaged"
  on a volume export web "$COTERIE_HOME/disk.raw" || demo_failed "the disk could not be read"
  missing=0
  for k in $(seq 0 59); do
    n=$((last - k))
    got=$(dd if="$COTERIE_HOME/disk.raw" bs=4096 skip=$((n % 64)) count=1 2>/dev/null | head -c 16)
    [ "$got" = "$(printf 'HB%014d' $n)" ] || missing=$((missing + 1))
  done
  [ $missing -eq 0 ] || demo_failed "$missing of the last 60 acknowledged records are not on the disk"
  say "the last 60 records up to $last are on the disk"
  if grep -rlaE 'COTERIE-CANARY|HB0000' "$devices_dir"/a/volumes >/dev/null; then demo_failed "plaintext of the guest's disk was found"; fi
  say "no plaintext of the guest's disk in the $(ls "$devices_dir/a/volumes/web.qvol" | wc -l) files of the volume"
  lost=$(cat "$devices_dir"/?/log/vm-web.serial.log | sed -n 's/^HB n=\([0-9]*\).*/\1/p' | sort -n | uniq | awk -v last="$last" 'END { print last - NR }')

  if [ -n "$keep" ]; then
    on c vm start web || demo_failed "the machine did not start again"
    demo_keep
  else
    step "everything stops"
    for d in a b c; do (device_stop $d) || demo_failed "device $d did not stop"; done
    trap - EXIT INT TERM
    rm -rf "$COTERIE_HOME"
  fi
  say ""
  m=$m1 d=$d1
  [ "$m2" -le "$m" ] || m=$m2
  [ "$d2" -le "$d" ] || d=$d2
  awk -v b=$boot_ms -v g=$guest_boot_ms -v m="$m" -v d="$d" -v l="$lost" -v e="$io_errors" -v s=$swap_failures \
    'BEGIN { printf "demo: boot_s=%.1f guest_boot_s=%.1f migrate_s=%.1f downtime_ms=%d heartbeats_lost=%d io_errors=%d swap_failures=%d\n", b / 1000, g / 1000, m / 1000, d, l, e, s }'
  [ "$lost" = 0 ] && [ "$io_errors" = 0 ] && [ $swap_failures = 0 ] || { say "DEMO FAILED: the figures above must be 0"; return 1; }
  say "DEMO OK"
}

demo_own_image() {
  sleep 20
  on a vm info web || demo_failed "the machine is not known"
  for pair in "a b" "b c"; do
    set -- $pair
    result=$(on "$1" vm migrate web --to "$2") || demo_failed "the migration to $2 failed"
    say "$result"
  done
  on c vm list
  if [ -n "$keep" ]; then
    demo_keep
  else
    on c vm stop web --grace 60 || demo_failed "the machine did not stop"
    for d in a b c; do (device_stop $d) || demo_failed "device $d did not stop"; done
    trap - EXIT INT TERM
    rm -rf "$COTERIE_HOME"
  fi
  say "DEMO OK"
}

demo_keep() {
  trap - EXIT INT TERM
  step "the devices run on; try:"
  say "  export COTERIE_HOME=$COTERIE_HOME"
  say "  ./coterie -d c status"
  say "  ./coterie -d c vm console web          (Ctrl-] ends it)"
  say "  ./coterie -d c vm migrate web --to a"
  say "  ./coterie -d a volume info web -o json"
  say "  ./coterie -d a shell"
  say "to end it: for d in c b a; do ./coterie device stop \$d --stop-vms; done; rm -rf $COTERIE_HOME"
}
