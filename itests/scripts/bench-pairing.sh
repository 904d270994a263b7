# bench pairing: init, invite and join of one device without the human.

bench_pairing() {
  rounds=5
  [ -z "$quick" ] || rounds=2
  : >"$COTERIE_HOME/wall"
  for round in $(seq $rounds); do
    for d in a b; do
      (device_create "$d$round") >/dev/null || return 1
      (device_start "$d$round") >/dev/null || return 1
    done
    t0=$(date +%s%N)
    "$SOURCES/coterie" -d "a$round" init --listen tcp://127.0.0.1:0 >/dev/null || return 1
    "$SOURCES/coterie" -d "a$round" invite --no-wait --trust-token >"$COTERIE_HOME/token" || return 1
    tail -n 1 "$COTERIE_HOME/token" | "$SOURCES/coterie" -d "b$round" join --listen tcp://127.0.0.1:0 >/dev/null 2>&1 || return 1
    ms=$((($(date +%s%N) - t0) / 1000000))
    say "round $round: $ms ms"
    echo $ms >>"$COTERIE_HOME/wall"
    for d in a b; do (device_stop "$d$round") >/dev/null; done
  done
  awk -v w="$(median <"$COTERIE_HOME/wall")" 'BEGIN { printf "bench pairing: wall_s=%.2f\n", w / 1000 }'
}
