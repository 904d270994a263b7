# What the scripts of the source tree share. Sourced.

CACHE="${COTERIE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/coterie}"

say() { printf '%s\n' "$*"; }

step() { printf '\n== %s\n' "$*"; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

maven() { # goal...: quiet, from the local repository when that is enough
  (cd "$SOURCES" && mvn -B -q "$@")
}

# True when the distribution is older than the sources it is made of.
stale_dist() {
  [ -d "$DIST/system" ] || return 0
  [ -n "$(find "$SOURCES/pom.xml" "$SOURCES/coterie" "$SOURCES/cnf" "$SOURCES/bnd.bnd" "$SOURCES/bundles" "$SOURCES/plugins-crypto" \
    "$SOURCES/plugins-transport" "$SOURCES/features" "$SOURCES/karaf-assembly/pom.xml" "$SOURCES/karaf-assembly/src" \
    "$SOURCES/itests/io.coterie.crypto.mlkem.next/bnd.bnd" -path '*/target' -prune -o -path '*/src/test' -prune -o \
    -type f -newer "$DIST/.built" -print 2>/dev/null | head -1)" ] || [ ! -f "$DIST/.built" ]
}

build_dist() { # builds without tests when something changed
  stale_dist || return 0
  say "building the distribution (first time: also fetching what it is made of)"
  rm -rf "$SOURCES/karaf-assembly/target"
  maven -DskipTests package -pl karaf-assembly,itests/io.coterie.crypto.mlkem.next -am || fail COT-0930 1 "the build failed" "mvn -B package"
  : >"$DIST/.built"
}

# A features file with the KEM plugin as its next version; prints its path.
kem_next_features() { # directory
  jar="$SOURCES/itests/io.coterie.crypto.mlkem.next/target/io.coterie.crypto.mlkem.next-$VERSION.jar"
  cat >"$1/kem-next.xml" <<XML
<features name="kem-next" xmlns="http://karaf.apache.org/xmlns/features/v1.6.0">
  <feature name="coterie-crypto-mlkem" version="0.1.1" description="Hybrid KEMs, next version">
    <bundle>file:$jar</bundle>
  </feature>
</features>
XML
  echo "$1/kem-next.xml"
}
