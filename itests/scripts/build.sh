# ./coterie build: the distribution.
. "$SOURCES/itests/scripts/common.sh"

main_build() {
  require build
  build_dist
  say "$DIST"
  say "$SOURCES/karaf-assembly/target/dist.tar.gz"
}
