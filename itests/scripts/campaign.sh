# ./coterie campaign: slow searches for failures, on demand. The tests run a short slice of each.
. "$SOURCES/itests/scripts/common.sh"
. "$SOURCES/itests/scripts/guest.sh"

campaign_list() {
  say "campaigns (coterie campaign NAME):"
  say "  migration         a device dies at each step of a live migration, at either end (about 7 minutes)"
  say "  volume [--seeds N] the volume against a model, and against copies of a dying process (N seeds, 200 by default)"
  say "  mux [--seeds N]   a link's streams against a model on an unkind network (N seeds, 200 by default)"
}

campaign_maven() { # module test property...
  cm_module="$1" cm_test="$2"
  shift 2
  (cd "$SOURCES" && mvn -B -q -pl "$cm_module" -am "-Dtest=$cm_test" -Dsurefire.failIfNoSpecifiedTests=false "$@" verify) &&
    say "campaign $name: no failure" || {
      say "campaign $name: a failure; the seed or the step stands in the report above"
      return 1
    }
}

main_campaign() {
  name='' seeds=200
  while [ $# -gt 0 ]; do
    case "$1" in
      --seeds)
        case "${2:-}" in '' | *[!0-9]* | ???????*) fail COT-0900 2 "--seeds needs a number" "coterie campaign volume --seeds 200" ;; esac
        seeds="$2"
        shift 2
        ;;
      -h | --help) campaign_list; return 0 ;;
      -*) fail COT-0900 2 "unknown option '$1'" "coterie campaign [NAME] [--seeds N]" ;;
      *) name="$1"; shift ;;
    esac
  done
  case "$name" in
    '') campaign_list ;;
    migration)
      require test
      guest_build
      campaign_maven itests/blackbox MigrationCrashTest -Dcoterie.campaign=migration
      ;;
    volume) campaign_maven bundles/io.coterie.volume LogVolumeTest "-Dcoterie.seeds=$seeds" ;;
    mux) campaign_maven bundles/io.coterie.mesh MuxSimulationTest "-Dcoterie.seeds=$seeds" ;;
    *) fail COT-0932 2 "there is no campaign '$name'" "coterie campaign" ;;
  esac
}
