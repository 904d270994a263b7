# bench device: how quickly a device is ready, what it needs, what it exposes.

bench_device() {
  rounds=5
  [ -z "$quick" ] || rounds=3
  (device_create a) >/dev/null || return 1
  : >"$COTERIE_HOME/first" && : >"$COTERIE_HOME/again" && : >"$COTERIE_HOME/rss"
  for round in $(seq $rounds); do
    rm -rf "$devices_dir/a/data"
    first=$( (device_start a) | sed -n 's/.*ready after \([0-9]*\) ms.*/\1/p')
    (device_stop a) >/dev/null
    again=$( (device_start a) | sed -n 's/.*ready after \([0-9]*\) ms.*/\1/p')
    sleep 5 # idle
    pid=$(device_pid "$devices_dir/a")
    rss=$(awk '/VmRSS/ { print $2 / 1024 }' "/proc/$pid/status")
    sockets=$(ss -H -lntu -p | grep -c "pid=$pid,")
    exposed=$(ss -H -lntu -p | grep "pid=$pid," | awk '{ print $5 }' | grep -cvE '^(127\.|\[::1\]|\[::ffff:127\.)')
    say "round $round: first boot $first ms, boot $again ms, RSS $rss MiB, listening TCP/UDP sockets $sockets, exposed $exposed"
    echo "$first" >>"$COTERIE_HOME/first"
    echo "$again" >>"$COTERIE_HOME/again"
    echo "$rss" >>"$COTERIE_HOME/rss"
    (device_stop a) >/dev/null
  done
  (device_start a) >/dev/null
  for i in $(seq 40); do
    t0=$(date +%s%N)
    "$SOURCES/coterie" -d a identity show >/dev/null
    echo $((($(date +%s%N) - t0) / 1000000))
  done >"$COTERIE_HOME/command"
  say "unix sockets:"
  ss -H -lx | grep -F "$devices_dir" | awk '{ print "  " $5 }'
  dist_mb=$(du -m "$SOURCES/karaf-assembly/target/dist.tar.gz" | cut -f1)
  awk -v f="$(median <"$COTERIE_HOME/first")" -v a="$(median <"$COTERIE_HOME/again")" -v r="$(median <"$COTERIE_HOME/rss")" -v e="$exposed" \
    -v d="$dist_mb" -v c="$(median <"$COTERIE_HOME/command")" \
    'BEGIN { printf "bench device: boot_s=%.2f restart_s=%.2f rss_mb=%.0f exposed_sockets=%d dist_mb=%d command_ms=%.0f\n", f / 1000, a / 1000, r, e, d, c }'
}
