# ./coterie test: every test, and the demo. Ends with Surefire's totals.
. "$SOURCES/itests/scripts/common.sh"
. "$SOURCES/itests/scripts/guest.sh"
. "$SOURCES/itests/scripts/reproducible.sh"

test_usage() {
  say "usage: coterie test [--fast] [--only MODULE]"
  say "  --fast         unit tests and laws only"
  say "  --only MODULE  one module with what it needs, for instance bundles/io.coterie.volume"
}

# The sums over all Surefire and Failsafe reports newer than the start of the run.
totals() { # stamp
  find "$SOURCES" -path '*/target/*-reports/TEST-*.xml' -newer "$1" 2>/dev/null | xargs -r sed -n \
    's/.*<testsuite [^>]*tests="\([0-9]*\)"[^>]*errors="\([0-9]*\)"[^>]*skipped="\([0-9]*\)"[^>]*failures="\([0-9]*\)".*/\1 \2 \3 \4/p' |
    awk '{ t += $1; e += $2; s += $3; f += $4 } END { printf "Tests run: %d, Failures: %d, Errors: %d, Skipped: %d\n", t, f, e, s }'
}

# Node 24 brings OpenSSL 3.5, the foreign peer of links. Fetched once, where npm is at hand.
foreign_peer() {
  [ ! -x "$CACHE/node/bin/node" ] || return 0
  case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) return 0 ;; esac
  if ! command -v npm >/dev/null 2>&1; then
    say "npm is not here: the tests with OpenSSL 3.5 as the peer are skipped"
    return 0
  fi
  fp_dir=$(mktemp -d "$CACHE/node.XXXXXX") || return 0
  if (cd "$fp_dir" && timeout 180 npm pack "node-linux-$arch@24.21.0" >/dev/null 2>&1 && tar -xzf ./*.tgz && rm -rf "$CACHE/node" && mv package "$CACHE/node"); then
    say "OpenSSL $("$CACHE/node/bin/node" -p process.versions.openssl) is the foreign peer of links"
  else
    say "Node could not be fetched: the tests with OpenSSL 3.5 as the peer are skipped"
  fi
  rm -rf "$fp_dir"
}

main_test() {
  fast='' only=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --fast) fast=1; shift ;;
      --only) only="${2:-}"; shift 2 ;;
      -h | --help) test_usage; return 0 ;;
      *) fail COT-0900 2 "unknown option '$1'" "coterie test [--fast] [--only MODULE]" ;;
    esac
  done
  t0=$(date +%s)
  require test
  run_began=$(mktemp)
  mkdir -p "$CACHE"
  foreign_peer
  code=0
  if [ -n "$only" ]; then
    (cd "$SOURCES" && mvn -B verify -pl "$only" -am) || code=1
  elif [ -n "$fast" ]; then
    (cd "$SOURCES" && mvn -B verify -pl '!itests/blackbox,!itests/container,!karaf-assembly') || code=1
  else
    guest_build
    # Clean: what an earlier build left behind must not be tested, nor compared with a fresh one.
    (cd "$SOURCES" && mvn -B clean verify) || code=1
    if [ $code = 0 ]; then
      : >"$DIST/.built"
      step "a second build elsewhere: the same bytes"
      reproducible || code=1
      "$SOURCES/coterie" demo || code=1
    fi
  fi
  say ""
  say "test time: $(($(date +%s) - t0)) s"
  totals "$run_began"
  rm -f "$run_began"
  [ $code = 0 ] && say "BUILD SUCCESS" || say "BUILD FAILURE"
  return $code
}
