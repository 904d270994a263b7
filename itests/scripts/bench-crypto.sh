# bench crypto: every AEAD provider against openssl speed, KEMs and signatures in processor time; see CryptoBench.

bench_crypto() {
  rounds=5 millis=60
  [ -z "$quick" ] || { rounds=2 millis=20; }
  maven -DskipTests package -pl itests/bench -am || fail COT-0930 1 "the build failed" "mvn -B package"
  java -Xmx512m -cp "$SOURCES/itests/bench/target/bench-$VERSION.jar:$(cat "$SOURCES/itests/bench/target/classpath")" \
    io.coterie.crypto.internal.CryptoBench $rounds $millis
}
