# ./coterie campaign: slow searches for failures, on demand. The tests run a short slice of each.
. "$SOURCES/itests/scripts/common.sh"
. "$SOURCES/itests/scripts/guest.sh"

campaign_list() {
  say "campaigns (coterie campaign NAME):"
  say "  migration         a device dies at each step of a live migration, at either end (about 7 minutes)"
  say "  volume [--seeds N] the volume against a model, crashes and damaged files (N seeds, 200 by default)"
  say "  volume-crash [--rounds N] a process with a volume is killed at work and its blocks compared (500 rounds by default)"
  say "  volume-soak [--seconds N] a volume under load: heap, buffers, threads and files stay (600 seconds by default)"
  say "  fuzz [--seconds N] every fuzz target, guided by coverage (N seconds each, 60 by default; fetches Jazzer)"
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

JAZZER_VERSION=0.24.0

jazzer_missing() {
  fail COT-0934 1 "Jazzer could not be fetched" "mvn dependency:get -Dartifact=com.code-intelligence:jazzer:$JAZZER_VERSION"
}

# module and class of each target; found inputs are kept and used again in the next campaign.
campaign_fuzz() { # seconds
  require build
  mkdir -p "$CACHE/fuzz"
  for jar in jazzer jazzer-api; do
    (cd "$SOURCES" && mvn -B -q -N org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
      "-Dartifact=com.code-intelligence:$jar:$JAZZER_VERSION" "-DoutputDirectory=$CACHE/fuzz") || jazzer_missing
  done
  # The slices of the tests leave their seeds.
  (cd "$SOURCES" && mvn -B -q -pl bundles/io.coterie.identity,bundles/io.coterie.mesh,bundles/io.coterie.vault,bundles/io.coterie.volume,bundles/io.coterie.volume.nbd -am \
    "-Dtest=*FuzzTest,VaultTest" -Dsurefire.failIfNoSpecifiedTests=false "-Dcoterie.fuzz.corpus=$CACHE/fuzz" package) || return 1
  cf_code=0
  for target in identity:roster.RosterRulesFuzz identity:roster.RosterBytesFuzz mesh:tls.ClientHelloFuzz \
    mesh:mux.LinkFuzz vault:VaultFileFuzz volume:archive.VolumeBytesFuzz volume.nbd:NbdFuzz; do
    cf_module="bundles/io.coterie.${target%%:*}"
    cf_class="io.coterie.${target%%:*}.internal.${target#*:}"
    cf_dir="$CACHE/fuzz/$cf_class"
    mkdir -p "$cf_dir"
    (cd "$SOURCES" && mvn -B -q -pl "$cf_module" -am org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
        -DincludeScope=test "-Dmdep.outputFile=$cf_dir.classpath" package -DskipTests) || return 1
    say "fuzz $cf_class: $1 s"
    (cd "$cf_dir" && java -Xmx512m -cp "$CACHE/fuzz/jazzer-$JAZZER_VERSION.jar:$CACHE/fuzz/jazzer-api-$JAZZER_VERSION.jar:$SOURCES/$cf_module/target/classes:$SOURCES/$cf_module/target/test-classes:$(cat "$cf_dir.classpath")" \
      com.code_intelligence.jazzer.Jazzer "--target_class=$cf_class" "--instrumentation_includes=io.coterie.**" \
      "-max_total_time=$1" -max_len=65536 "$cf_dir" >"$cf_dir.log" 2>&1) || {
      say "fuzz $cf_class: a failure; see $cf_dir.log"
      cf_code=1
      continue
    }
    say "fuzz $cf_class: $(grep -o 'cov: [0-9]*' "$cf_dir.log" | tail -1), $(grep -o 'Done [0-9]* runs' "$cf_dir.log" | tail -1)"
  done
  return $cf_code
}

main_campaign() {
  name='' seeds=200 seconds='' rounds=500
  while [ $# -gt 0 ]; do
    case "$1" in
      --seeds)
        case "${2:-}" in '' | *[!0-9]* | ???????*) fail COT-0900 2 "--seeds needs a number" "coterie campaign volume --seeds 200" ;; esac
        seeds="$2"
        shift 2
        ;;
      --seconds)
        case "${2:-}" in '' | *[!0-9]* | ??????*) fail COT-0900 2 "--seconds needs a number" "coterie campaign fuzz --seconds 60" ;; esac
        seconds="$2"
        shift 2
        ;;
      --rounds)
        case "${2:-}" in '' | *[!0-9]* | ???????*) fail COT-0900 2 "--rounds needs a number" "coterie campaign volume-crash --rounds 500" ;; esac
        rounds="$2"
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
    volume)
      # Crashes behind every step and damaged files take longer: one seed for twenty.
      campaign_maven bundles/io.coterie.volume LogVolumeTest "-Dcoterie.seeds=$seeds" &&
        campaign_maven bundles/io.coterie.volume CrashPointTest,DamagedFilesTest \
          "-Dcoterie.seeds=$(((seeds + 19) / 20))" -Dcoterie.samples=400 ;;
    volume-crash) campaign_maven bundles/io.coterie.volume.nbd VolumeCrashTest "-Dcoterie.rounds=$rounds" ;;
    volume-soak) campaign_maven bundles/io.coterie.volume.nbd VolumeSoakTest "-Dcoterie.seconds=${seconds:-600}" ;;
    fuzz) campaign_fuzz "${seconds:-60}" ;;
    mux) campaign_maven bundles/io.coterie.mesh MuxSimulationTest "-Dcoterie.seeds=$seeds" ;;
    *) fail COT-0932 2 "there is no campaign '$name'" "coterie campaign" ;;
  esac
}
