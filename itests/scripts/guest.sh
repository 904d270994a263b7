# A small real Linux guest: Debian's cloud kernel, busybox, an init that beats. Sourced.
# Files: $CACHE/guest/{vmlinuz,initrd.gz}. The disk is made anew for each use by guest_disk.

GUEST_MODULES="virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_mmio virtio_blk virtio_console failover net_failover virtio_net virtio_balloon"

guest_build() {
  dir="$CACHE/guest"
  stamp=$(cat "$SOURCES/itests/scripts/guest.sh" "$SOURCES/itests/scripts/guest-init.sh" | sha256sum | cut -c1-16)
  [ -f "$dir/stamp" ] && [ "$(cat "$dir/stamp")" = "$stamp" ] && return 0
  mkdir -p "$CACHE" && rm -rf "$dir.new" && mkdir -p "$dir.new/root"
  deb=$(ls "$CACHE"/linux-image-*.deb 2>/dev/null | head -1)
  if [ -z "$deb" ]; then
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }')
    if [ -z "$package" ]; then
      [ "$(id -u)" != 0 ] || apt-get update -q >&2
      package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }')
    fi
    [ -n "$package" ] || fail COT-0931 2 "the package linux-image-cloud-amd64 is not known" "sudo apt-get update"
    (cd "$CACHE" && apt-get download -q "$package" >&2) || fail COT-0931 2 "the guest's kernel $package could not be fetched" "cd $CACHE && apt-get download $package"
    deb=$(ls "$CACHE"/linux-image-*.deb | head -1)
  fi
  dpkg-deb -x "$deb" "$dir.new/deb" || fail COT-0931 1 "$deb is damaged" "rm $deb"
  cp "$dir.new"/deb/boot/vmlinuz-* "$dir.new/vmlinuz"
  root="$dir.new/root"
  mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/modules"
  cp "$(command -v busybox)" "$root/bin/busybox"
  n=10
  for m in $GUEST_MODULES; do
    found=$(find "$dir.new/deb/lib/modules" -name "$m.ko*" | head -1)
    [ -z "$found" ] || cp "$found" "$root/modules/$n-$(basename "$found")"
    n=$((n + 1))
  done
  cp "$SOURCES/itests/scripts/guest-init.sh" "$root/init"
  chmod 755 "$root/init"
  (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --owner 0:0 | gzip -1 -n >../initrd.gz)
  rm -rf "$dir.new/deb" "$dir.new/root"
  echo "$stamp" >"$dir.new/stamp"
  rm -rf "$dir" && mv "$dir.new" "$dir"
}

# A QCOW2 of 64 MiB: records of the heartbeat in the first MiB, behind it a text that must never be seen
# in the volume's files.
guest_disk() { # file
  raw="$1.raw"
  truncate -s 100M "$raw"
  yes "COTERIE-CANARY this text lies on the guest's disk and nowhere else" | head -c 4194304 |
    dd of="$raw" bs=1M seek=1 conv=notrunc status=none
  qemu-img convert -f raw -O qcow2 "$raw" "$1"
  rm -f "$raw"
}

GUEST_APPEND="console=ttyS0 quiet panic=-1"
