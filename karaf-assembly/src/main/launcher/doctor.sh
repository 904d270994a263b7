# What this machine has and lacks. Sourced by the launcher.

missing_packages=''

report() { # state name detail
  [ "${doctor_quiet:-}" = 1 ] || printf '%-8s %-22s %s\n' "$1" "$2" "$3"
}

check_command() { # command package what
  if command -v "$1" >/dev/null 2>&1; then
    report ok "$3" "$(command -v "$1")"
  else
    report missing "$3" "apt-get install $2"
    missing_packages="$missing_packages $2"
  fi
}

# doctor_check LEVEL: run (devices and machines), build (also Maven and JDK), test (also the tools of tests)
doctor_check() {
  missing_packages=''
  java=$(java_binary)
  version=$([ -z "$java" ] || "$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
  if [ "$version" = 17 ]; then
    report ok "Java 17" "$java"
  else
    report missing "Java 17" "apt-get install openjdk-17-jdk-headless${version:+ (found $version; nodes run on 17)}"
    missing_packages="$missing_packages openjdk-17-jdk-headless"
  fi
  if command -v perl >/dev/null 2>&1 || command -v python3 >/dev/null 2>&1; then
    report ok "control client" "$(command -v perl || command -v python3)"
  else
    report missing "control client" "apt-get install perl-base"
    missing_packages="$missing_packages perl-base"
  fi
  check_command qemu-system-x86_64 qemu-system-x86 QEMU
  check_command qemu-img qemu-utils "QEMU's image tool"
  check_command bwrap bubblewrap "bubblewrap (a sandbox for images)"
  if [ "$1" != run ]; then
    command -v javac >/dev/null 2>&1 || missing_packages="$missing_packages openjdk-17-jdk-headless"
    check_command mvn maven Maven
    check_command cpio cpio "cpio (test guest)"
    check_command dpkg-deb dpkg "dpkg-deb (test guest)"
    check_command busybox busybox-static "busybox (test guest)"
    kernel=$(guest_kernel_deb)
    if [ -n "$kernel" ]; then report ok "kernel (test guest)" "$kernel"; else
      report info "kernel (test guest)" "fetched from the Debian archive when first needed"
    fi
  fi
  if [ "$1" = test ]; then
    check_command fio fio fio
    check_command nbdinfo libnbd-bin nbdinfo
    check_command nbdkit nbdkit nbdkit
    if /usr/bin/python3 -c 'import nbd' >/dev/null 2>&1; then report ok nbdsh python3-libnbd; else
      report missing nbdsh "apt-get install python3-libnbd"
      missing_packages="$missing_packages python3-libnbd"
    fi
    check_command openssl openssl openssl
    check_command swtpm swtpm "swtpm (a TPM in software)"
    check_command tshark tshark "tshark (packet capture)"
    check_command tpm2_unseal tpm2-tools tpm2-tools
    check_command ss iproute2 "ss, ip"
  fi
  free=$(df -Pm "$COTERIE_HOME" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ -n "$free" ] || free=$(df -Pm "$HOME" | awk 'NR == 2 { print $4 }')
  if [ "$free" -ge 4096 ]; then report ok disk "$free MiB free"; else report warning disk "only $free MiB free; make room"; fi
  if [ -w /dev/kvm ]; then
    report info KVM "/dev/kvm opens; each device probes it with a real guest (coterie status)"
  else
    report info KVM "/dev/kvm does not open: guests run under TCG, slowly (modprobe kvm_intel or kvm_amd)"
  fi
  [ -z "$missing_packages" ]
}

guest_kernel_deb() {
  ls "${COTERIE_CACHE:-$COTERIE_HOME/cache}"/linux-image-*.deb 2>/dev/null | head -1
}

# Installs what is missing when we may, else says how and ends with 2.
require() { # level
  doctor_quiet=1
  doctor_check "$1" && { doctor_quiet=''; return 0; }
  doctor_quiet=''
  packages=$(printf '%s\n' $missing_packages | sort -u | tr '\n' ' ')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing $packages" >&2
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages; } >&2 ||
      fail COT-0920 2 "these packages could not be installed: $packages" "apt-get update && apt-get install $packages"
  else
    fail COT-0920 2 "these packages are missing: $packages" "sudo apt-get install $packages"
  fi
}

doctor() {
  level=test
  install=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --run) level=run; shift ;;
      --install) install=1; shift ;;
      *) fail COT-0900 2 "unknown option '$1'" "coterie doctor [--run] [--install]" ;;
    esac
  done
  if [ -n "$install" ]; then require $level; fi
  doctor_check $level && { echo "all that is needed is here"; return 0; }
  packages=$(printf '%s\n' $missing_packages | sort -u | tr '\n' ' ')
  fail COT-0920 2 "something is missing" "$([ "$(id -u)" = 0 ] || echo 'sudo ')apt-get install $packages"
}
