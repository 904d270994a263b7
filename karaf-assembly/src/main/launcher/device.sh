# Devices of this machine: create, start, stop, list, logs, rm. Sourced by the launcher.
# Each device has a home: etc/ (made at each start from the distribution and config/), config/, data/, log/,
# run/ (sockets), volumes/, vms/, identity, roster.

devices_dir="$COTERIE_HOME/devices"

# The longest file under a home that is a unix socket: run/nbd-(24 digits).sock or vms/NAME(40)/incoming.sock.
SOCKET_SUFFIX_BYTES=62
SOCKET_PATH_MAX_BYTES=107

valid_name() {
  case "$1" in
    '' | *[!a-z0-9-]* | -* | *-) return 1 ;;
  esac
  [ ${#1} -le 40 ]
}

need_device() {
  valid_name "$1" || fail COT-0901 2 "'$(printf %.60s "$1" | tr -d '[:cntrl:]')' is no valid device name" "1 to 40 characters of a-z, 0-9 and '-'"
  [ -d "$devices_dir/$1" ] || fail COT-0902 3 "there is no device named '$1'" "coterie device list"
}

start_time() { # pid: its start time, empty when it does not live
  [ -r "/proc/$1/stat" ] && sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

device_pid() { # home: the pid of its process, empty when none lives
  [ -f "$1/pid" ] || return 0
  read -r dp_pid dp_start <"$1/pid" || return 0
  [ -n "$dp_pid" ] && [ "$(start_time "$dp_pid")" = "$dp_start" ] && echo "$dp_pid"
  return 0
}

device_create() {
  [ $# -eq 1 ] || fail COT-0900 2 "a name is needed" "coterie device create NAME"
  valid_name "$1" || fail COT-0901 2 "'$(printf %.60s "$1" | tr -d '[:cntrl:]')' is no valid device name" "1 to 40 characters of a-z, 0-9 and '-'"
  home="$devices_dir/$1"
  [ ! -e "$home" ] || fail COT-0903 5 "device $1 exists" "coterie device start $1"
  length=$(printf %s "$home" | wc -c)
  [ $((length + SOCKET_SUFFIX_BYTES)) -le $SOCKET_PATH_MAX_BYTES ] ||
    fail COT-0904 2 "the path $home is too long for unix sockets" "set COTERIE_HOME to a shorter directory"
  (umask 077 && mkdir -p "$home/config") || fail COT-0905 1 "$home cannot be made" "ls -ld $COTERIE_HOME"
  echo "created device $1"
}

java_binary() {
  if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
    echo "$JAVA_HOME/bin/java"
  else
    command -v java || true
  fi
}

# What the bundle cache of a first start takes, and what a later start writes.
FIRST_START_MIB=80
LATER_START_MIB=8

need_room() { # home
  room_wanted=$LATER_START_MIB
  [ -f "$1/data/booted" ] || room_wanted=$FIRST_START_MIB
  room_free=$(($(df -Pk "$1" | awk 'NR == 2 { print $4 }') / 1024))
  [ "$room_free" -ge "$room_wanted" ] ||
    fail COT-0915 1 "there is no room for device $2: $room_free MiB of space are free and a start needs $room_wanted MiB" "df -h $1"
}

# The thresholds keep the compiler from costing memory and boot time for code that runs rarely. The ciphers are
# the exception: before they are compiled in full they do not use the processor's own instructions, and a
# machine's first writes would be ten times slower.
run_jvm() { # home name
  lib=$(ls "$DIST"/lib/boot/*.jar "$DIST"/lib/jdk9plus/*.jar | tr '\n' ':')
  cd "$1" || exit 1
  umask 077
  # A dump of its memory would hold its keys.
  ulimit -c 0
  # No file descriptor of the caller may live on in the device.
  exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  exec setsid "$(java_binary)" \
    -Xms24m "-Xmx${COTERIE_HEAP:-256m}" -Xss512k -XX:+UseSerialGC -XX:MinHeapFreeRatio=15 -XX:MaxHeapFreeRatio=25 \
    -XX:ReservedCodeCacheSize=64m -XX:MaxMetaspaceSize=192m -XX:MaxDirectMemorySize=256m \
    -XX:Tier4InvocationThreshold=30000 -XX:Tier4MinInvocationThreshold=10000 -XX:Tier4CompileThreshold=60000 \
    -XX:CompileCommand=quiet "-XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.*::*,0.02" \
    -XX:-HeapDumpOnOutOfMemoryError -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -Xshare:auto \
    --add-reads=java.xml=java.logging \
    --add-exports=java.base/org.apache.karaf.specs.locator=java.xml,ALL-UNNAMED \
    --patch-module "java.base=$DIST/lib/endorsed/org.apache.karaf.specs.locator-4.4.10.jar" \
    --patch-module "java.xml=$DIST/lib/endorsed/org.apache.karaf.specs.java.xml-4.4.10.jar" \
    --add-opens java.base/java.security=ALL-UNNAMED --add-opens java.base/java.net=ALL-UNNAMED \
    --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util=ALL-UNNAMED \
    --add-opens java.naming/javax.naming.spi=ALL-UNNAMED \
    --add-exports=java.base/sun.net.www.protocol.file=ALL-UNNAMED \
    --add-exports=java.base/sun.net.www.protocol.jar=ALL-UNNAMED \
    --add-exports=java.base/sun.net.www.content.text=ALL-UNNAMED \
    "-Dkaraf.instances=$1/data/instances" "-Dkaraf.home=$DIST" "-Dkaraf.base=$1" "-Dkaraf.data=$1/data" \
    "-Dkaraf.etc=$1/etc" "-Dkaraf.log=$1/log" "-Dkaraf.name=$2" -Dkaraf.shutdown.port=-1 -Dkaraf.lock=false \
    -Dkaraf.startLocalConsole=false -Dkaraf.startRemoteShell=false -Dkaraf.restart.jvm.supported=false \
    "-Djava.io.tmpdir=$1/data/tmp" "-Djava.util.logging.config.file=$1/etc/java.util.logging.properties" \
    -Djava.awt.headless=true -Dfile.encoding=UTF-8 -Dio.netty.tryReflectionSetAccessible=false \
    -Dio.netty.allocator.type=pooled -Dio.netty.allocator.numDirectArenas=2 -Dio.netty.allocator.numHeapArenas=0 \
    -Dio.netty.maxDirectMemory=67108864 \
    "-Dcoterie.home=$1" "-Dcoterie.device=$2" ${COTERIE_JAVA_OPTS:-} \
    -cp "$lib" org.apache.karaf.main.Main </dev/null >>"$1/log/console.log" 2>&1
}

prepare_home() { # home
  (
    umask 077
    mkdir -p "$1/data/tmp" "$1/log" "$1/run" "$1/config"
    chmod 700 "$1" "$1/run"
    # A first start that was killed leaves a bundle cache that the container cannot continue.
    [ -f "$1/data/booted" ] || rm -rf "$1/data/cache"
    rm -rf "$1/etc.new"
    cp -R "$DIST/etc" "$1/etc.new"
    for f in "$1"/config/*.cfg; do
      [ ! -f "$f" ] || cp "$f" "$1/etc.new/"
    done
    rm -rf "$1/etc"
    mv "$1/etc.new" "$1/etc"
    # Only the newest logs are kept.
    [ ! -f "$1/log/console.log" ] || [ "$(wc -c <"$1/log/console.log")" -lt 1000000 ] || mv "$1/log/console.log" "$1/log/console.log.1"
  )
}

launch() { # home name: starts the process and writes its pid
  run_jvm "$1" "$2" 9>&- &
  l_pid=$!
  # setsid keeps the pid when the caller is no group leader; find the JVM in either case.
  l_start=$(start_time "$l_pid")
  printf '%s %s\n' "$l_pid" "$l_start" >"$1/pid.new"
  mv "$1/pid.new" "$1/pid"
}

await_ready() { # home seconds: 0 when the device answers
  r_end=$(($(date +%s) + $2))
  while [ "$(date +%s)" -le "$r_end" ]; do
    [ -n "$(device_pid "$1")" ] || return 2
    if [ -S "$1/run/control.sock" ] && r_said=$(control "$1/run/control.sock" 5000 0 run ready 2>/dev/null </dev/null); then
      return 0
    fi
    sleep 0.1
  done
  return 1
}

device_start() {
  name='' seconds=60
  while [ $# -gt 0 ]; do
    case "$1" in
      --timeout) seconds="$2"; shift 2 ;;
      -*) fail COT-0900 2 "unknown option '$1'" "coterie device start NAME [--timeout SECONDS]" ;;
      *) name="$1"; shift ;;
    esac
  done
  [ -n "$name" ] || name=$(only_device) || exit $?
  need_device "$name"
  need_dist
  home="$devices_dir/$name"
  [ -n "$(java_binary)" ] || fail COT-0906 2 "Java 17 is not installed" "apt-get install openjdk-17-jre-headless"
  exec 9>"$home/start.lock"
  flock -w "$seconds" 9 || fail COT-0907 6 "device $name is being started or stopped by somebody else" "coterie device list"
  if [ -n "$(device_pid "$home")" ]; then
    echo "device $name runs already"
    return 0
  fi
  rm -f "$home/run/control.sock"
  need_room "$home" "$name"
  prepare_home "$home" || fail COT-0905 1 "the home $home cannot be prepared" "df -h $home"
  started=$(date +%s%N)
  launch "$home" "$name"
  if ! await_ready "$home" "$seconds"; then
    # A bundle cache that a crash spoiled is the usual reason; nothing of value is in it.
    kill_device "$home"
    rm -rf "$home/data/cache" "$home/data/booted"
    prepare_home "$home"
    launch "$home" "$name"
    await_ready "$home" "$seconds" || {
      kill_device "$home"
      fail COT-0908 1 "device $name did not become ready in $seconds s, also with a fresh cache" "coterie device logs $name"
    }
    echo "the bundle cache of $name was spoiled and has been made anew" >&2
  fi
  : >"$home/data/booted"
  echo "device $name is ready after $((($(date +%s%N) - started) / 1000000)) ms, process $(device_pid "$home")"
  case $r_said in locked:*) echo "$r_said" >&2 ;; esac
}

kill_device() { # home
  k_pid=$(device_pid "$1")
  [ -z "$k_pid" ] || kill -9 "$k_pid" 2>/dev/null
  k_n=0
  while [ -n "$(device_pid "$1")" ] && [ $k_n -lt 100 ]; do
    sleep 0.05
    k_n=$((k_n + 1))
  done
  rm -f "$1/run/control.sock"
}

device_stop() {
  name='' seconds=60 vms=refuse
  while [ $# -gt 0 ]; do
    case "$1" in
      --timeout) seconds="$2"; shift 2 ;;
      --keep-vms) vms=keep; shift ;;
      --stop-vms) vms=stop; shift ;;
      -*) fail COT-0900 2 "unknown option '$1'" "coterie device stop NAME [--keep-vms|--stop-vms]" ;;
      *) name="$1"; shift ;;
    esac
  done
  [ -n "$name" ] || name=$(only_device) || exit $?
  need_device "$name"
  home="$devices_dir/$name"
  exec 9>"$home/start.lock"
  flock -w "$seconds" 9 || fail COT-0907 6 "device $name is being started or stopped by somebody else" "coterie device list"
  pid=$(device_pid "$home")
  if [ -z "$pid" ]; then
    rm -f "$home/run/control.sock" "$home/pid"
    echo "device $name does not run"
    return 0
  fi
  running=$(control "$home/run/control.sock" 10000 0 run vm list -o csv 2>/dev/null | awk -F, 'NR > 1 && $6 != "" { print $1 }')
  if [ -n "$running" ]; then
    case $vms in
      refuse) fail COT-0909 5 "machines run on device $name: $(echo $running)" "coterie device stop $name --stop-vms, or --keep-vms to restart the device under them" ;;
      stop) for vm in $running; do control "$home/run/control.sock" 120000 0 run vm stop "$vm" || exit $?; done ;;
    esac
  fi
  kill -TERM "$pid"
  end=$(($(date +%s) + seconds))
  while [ -n "$(device_pid "$home")" ]; do
    [ "$(date +%s)" -le "$end" ] || fail COT-0910 6 "process $pid of device $name did not end in $seconds s" "kill -9 $pid"
    sleep 0.05
  done
  rm -f "$home/run/control.sock" "$home/pid"
  echo "stopped device $name"
}

device_list() {
  format=table
  while [ $# -gt 0 ]; do
    case "$1" in
      -o) format="${2:-}"; shift 2 ;;
      *) fail COT-0900 2 "unknown option '$1'" "coterie device list -o table|json|csv" ;;
    esac
  done
  case $format in table | json | csv) ;; *) fail COT-0005 2 "'$format' is no output format" "-o table, -o json or -o csv" ;; esac
  rows=''
  for home in "$devices_dir"/*; do
    [ -d "$home" ] || continue
    pid=$(device_pid "$home")
    rows="$rows$(basename "$home") $([ -n "$pid" ] && echo running || echo stopped) ${pid:--} $home
"
  done
  printf %s "$rows" | awk -v f="$format" '
    BEGIN { if (f == "table") printf "%-20s %-8s %-8s %s\n", "NAME", "STATE", "PID", "HOME"
            else if (f == "csv") print "name,state,pid,home"
            else printf "{\"schema\":1,\"devices\":[" }
    { home = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", home)
      if (f == "table") printf "%-20s %-8s %-8s %s\n", $1, $2, $3, home
      else if (f == "csv") printf "%s,%s,%s,%s\n", $1, $2, ($3 == "-" ? "" : $3), home
      else printf "%s\n  {\"name\":\"%s\",\"state\":\"%s\",\"pid\":%s,\"home\":\"%s\"}", (NR > 1 ? "," : ""), $1, $2, ($3 == "-" ? "null" : $3), home }
    END { if (f == "json") print (NR > 0 ? "\n" : "") "]}" }'
}

device_logs() {
  name='' follow=''
  while [ $# -gt 0 ]; do
    case "$1" in
      -f | --follow) follow=1; shift ;;
      -*) fail COT-0900 2 "unknown option '$1'" "coterie device logs NAME [-f]" ;;
      *) name="$1"; shift ;;
    esac
  done
  [ -n "$name" ] || name=$(only_device) || exit $?
  need_device "$name"
  log="$devices_dir/$name/log/device.log"
  [ -f "$log" ] || fail COT-0911 3 "device $name has written no log yet" "coterie device start $name"
  if [ -n "$follow" ]; then exec tail -n 50 -F "$log"; else exec tail -n 200 "$log"; fi
}

device_rm() {
  name='' yes=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --yes) yes=1; shift ;;
      -*) fail COT-0900 2 "unknown option '$1'" "coterie device rm NAME --yes" ;;
      *) name="$1"; shift ;;
    esac
  done
  [ -n "$name" ] || fail COT-0900 2 "a name is needed" "coterie device rm NAME --yes"
  need_device "$name"
  home="$devices_dir/$name"
  [ -z "$(device_pid "$home")" ] || fail COT-0912 5 "device $name runs" "coterie device stop $name"
  for pidfile in "$home"/vms/*/qemu.pid; do
    [ -f "$pidfile" ] && vm_pid=$(cat "$pidfile") && tr '\0' ' ' <"/proc/$vm_pid/cmdline" 2>/dev/null | grep -qF "$home/vms/" &&
      fail COT-0913 5 "a machine of device $name still runs, process $vm_pid" "coterie device start $name; coterie -d $name vm stop ..."
  done
  [ -n "$yes" ] || fail COT-0914 2 "this deletes device $name with its identity, volumes and machines for good" "coterie device rm $name --yes"
  rm -rf "$home"
  echo "deleted device $name"
}
