#!/bin/busybox sh
# The test guest: checks its disk, then writes a numbered record to it and a line to the console, for ever.
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
for m in /modules/*; do $B insmod "$m" 2>/dev/null; done
echo "COTERIE-GUEST up"
i=0
while [ ! -b /dev/vda ] && [ $i -lt 100 ]; do $B usleep 50000; i=$((i + 1)); done
echo "COTERIE-GUEST canary=$($B dd if=/dev/vda bs=1048576 skip=1 count=4 2>/dev/null | $B md5sum | $B cut -c1-32)"
echo "COTERIE-GUEST ready"
n=0
while :; do
  n=$((n + 1))
  record=$($B printf 'HB%014d' $n)
  if $B printf '%-4096s' "$record" | $B dd of=/dev/vda bs=4096 seek=$((n % 64)) conv=notrunc,fsync 2>/dev/null; then
    echo "HB n=$n"
  else
    echo "HB-ERROR n=$n"
  fi
  $B usleep 100000
done
