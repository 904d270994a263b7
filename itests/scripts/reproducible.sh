# Two builds of the same sources, in different folders, must give the same bytes. Sourced by test.sh.

# Builds a copy of the sources elsewhere and compares its distribution with the one at hand.
reproducible() {
  rp_copy=$(mktemp -d "${TMPDIR:-/tmp}/cbt-again.XXXXXX")
  rp_code=0
  (cd "$SOURCES" && find . -name .git -prune -o -name target -prune -o -type f -print0 | tar -cf - --null -T -) | tar -xf - -C "$rp_copy"
  if (cd "$rp_copy" && mvn -B -q -Dspotless.check.skip -DskipTests package -pl karaf-assembly -am); then
    cmp "$SOURCES/karaf-assembly/target/dist.tar.gz" "$rp_copy/karaf-assembly/target/dist.tar.gz" || {
      rp_code=1
      # Names the files that differ, which is what one wants to know next.
      for rp_side in "$SOURCES" "$rp_copy"; do
        (cd "$rp_side/karaf-assembly/target/dist" && find . -type f -exec sha256sum {} + | sort -k2) >"$rp_copy/$(basename "$rp_side").sums"
      done
      diff "$rp_copy/"*.sums
    }
  else
    rp_code=1
  fi
  rm -rf "$rp_copy"
  if [ $rp_code = 0 ]; then
    say "reproducible: two builds gave $(sha256sum <"$SOURCES/karaf-assembly/target/dist.tar.gz" | cut -c1-16)..."
  else
    say "reproducible: two builds of the same sources differ"
  fi
  return $rp_code
}
