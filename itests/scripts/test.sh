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
