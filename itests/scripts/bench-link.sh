# bench link: a secure link against plain TCP and OpenSSL, two processes; see LinkBench.

bench_link() {
  rounds=5 millis=3000 handshakes=200
  [ -z "$quick" ] || { rounds=2 millis=1500 handshakes=50; }
  maven -DskipTests package -pl itests/bench -am || fail COT-0930 1 "the build failed" "mvn -B package"
  # The collector of a device (device.sh).
  java -Xmx512m -XX:+UseSerialGC -cp "$SOURCES/itests/bench/target/bench-$VERSION.jar:$(cat "$SOURCES/itests/bench/target/classpath")" \
    io.coterie.mesh.internal.LinkBench $rounds $millis $handshakes
}
