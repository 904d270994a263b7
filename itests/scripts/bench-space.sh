# bench space: what volumes take of memory and of the disk. No peer keeps a log; the ratios are to the data.

space_run() { # java options -- mode directory
  sr_options=''
  while [ "$1" != -- ]; do
    sr_options="$sr_options $1"
    shift
  done
  shift
  # shellcheck disable=SC2086
  java $sr_options -cp "$SOURCES/itests/bench/target/bench-$VERSION.jar:$(cat "$SOURCES/itests/bench/target/classpath")" \
    io.coterie.volume.internal.engine.SpaceBench "$@" || fail COT-0933 1 "the bench '$1' failed" "the lines above"
}

space_key() { # key, text
  echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

bench_space() {
  maven -DskipTests package -pl itests/bench -am || fail COT-0930 1 "the build failed" "mvn -B package"
  say "a volume of 1 TiB with a block in each 8 MiB, 131,072 leaves of the map"
  space_run -Xmx256m -- scatter "$COTERIE_HOME/large"
  # The limits are those that are asked for: with more memory than this it would not run at all.
  crashed=$(space_run -Xmx48m -XX:MaxDirectMemorySize=16m -- open "$COTERIE_HOME/large") || return 1
  say "opened after a crash: $crashed"
  closed=''
  for round in 1 2 3; do
    [ $round = 1 ] || [ -z "$quick" ] || break
    opened=$(space_run -Xmx48m -XX:MaxDirectMemorySize=16m -- open "$COTERIE_HOME/large") || return 1
    say "opened after it was closed: $opened"
    closed="$closed$(space_key open_ms "$opened")
"
  done
  rm -rf "$COTERIE_HOME/large"
  say "a volume of 4 GiB, four fifths full, overwritten at random"
  churn=$(space_run -Xmx256m -- churn "$COTERIE_HOME/churn") || return 1
  say "$churn"
  say "bench space: open_1tib_ms=$(printf '%s' "$closed" | median) open_1tib_after_crash_ms=$(space_key open_ms "$crashed")" \
    "heap_mib=$(space_key heap_mib "$opened") direct_mib=$(space_key direct_mib "$opened")" \
    "amplification_worst=$(space_key worst "$churn") amplification_mean=$(space_key mean "$churn")" \
    "log_bytes_per_byte=$(space_key log_bytes_per_byte "$churn") longest_write_ms=$(space_key longest_write_ms "$churn")"
}
