package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.crypto.api.Suite;
import io.coterie.crypto.mldsa.internal.X509SessionCertificates;
import io.coterie.mesh.api.SessionCredential;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import io.coterie.testkit.MemoryIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * OpenSSL 3.5 (as Node carries it) speaks the whole link: post-quantum TLS with our certificates,
 * the second signature, streams. The token check is off for this device only; {@link
 * RefusedClientsTest#aPerfectHelloWithoutATokenIsTurnedAway} shows that it is on otherwise. Skipped
 * where {@code coterie test} found no Node 24.
 */
@Tag("S0-8.9")
@Timeout(60)
class ForeignPeerTest {
  private static final String AES = "TLS_AES_256_GCM_SHA384";
  private static final String CHACHA = "TLS_CHACHA20_POLY1305_SHA256";

  private static final long WAIT_MILLIS = 20_000;

  @TempDir Path scratch;
  private final MemoryIdentity foreign = TestIdentities.make("foreign");
  private Path node;
  private Path script;
  private TestDevice device;

  @BeforeEach
  void start() throws Exception {
    String cache = System.getenv().getOrDefault("COTERIE_CACHE", defaultCache());
    node = Path.of(cache, "node", "bin", "node");
    assumeTrue(Files.isExecutable(node), "there is no Node at " + node);
    script("foreign-common.js");
    script = script("foreign-peer.js");
    device = new TestDevice("b", Files.createDirectory(scratch.resolve("b")), false);
    device.peers.list.add(TestDevice.peer(foreign));
    device.serve("echo", ForeignPeerTest::echo);
  }

  private Path script(String name) throws IOException {
    Path copy = scratch.resolve(name);
    try (InputStream in = getClass().getResourceAsStream(name)) {
      Files.copy(in, copy);
    }
    return copy;
  }

  private static String defaultCache() {
    String xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", System.getenv("HOME") + "/.cache");
    return xdg + "/coterie";
  }

  @AfterEach
  void stop() {
    if (device != null) {
      device.close();
    }
  }

  private static void echo(Stream stream) throws IOException {
    byte[] buffer = new byte[8192];
    for (int n = stream.read(buffer, 0, buffer.length, 20_000);
        n >= 0;
        n = stream.read(buffer, 0, buffer.length, 20_000)) {
      stream.write(buffer, 0, n, 20_000);
    }
    stream.finish();
    stream.awaitPeerEnd(20_000);
  }

  /** What the foreign device must know, in a file. */
  private Path info(MemoryIdentity shown, Suite suite) throws Exception {
    SessionCredential session = shown.session(suite);
    HexFormat hex = HexFormat.of();
    String info =
        ("{\"port\":%d,\"server\":\"%s\",\"client\":\"%s\",\"certificate\":\"%s\","
                + "\"signatureSeed\":\"%s\",\"ed25519Seed\":\"%s\",\"peerEd25519\":\"%s\"}")
            .formatted(
                device.port(),
                device.identity.id(),
                shown.id(),
                Base64.getEncoder().encodeToString(session.certificate()),
                hex.formatHex(session.signatureSeed()),
                hex.formatHex(session.ed25519Seed()),
                hex.formatHex(sessionKey(device.identity, suite)));
    return Files.writeString(scratch.resolve("info.json"), info);
  }

  private static byte[] sessionKey(MemoryIdentity identity, Suite suite) throws Exception {
    return new X509SessionCertificates()
        .parse(identity.session(suite).certificate())
        .statement()
        .ed25519PublicKey();
  }

  private String connect(
      MemoryIdentity shown,
      Suite suite,
      String group,
      String cipher,
      String version,
      boolean certificate)
      throws Exception {
    Path file = info(shown, suite);
    Process process =
        new ProcessBuilder(
                node.toString(),
                script.toString(),
                file.toString(),
                suite.label(),
                group,
                cipher,
                version,
                certificate ? "yes" : "no")
            .redirectErrorStream(true)
            .start();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), "node does not end");
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
  }

  @ParameterizedTest
  @CsvSource({
    "STANDARD,X25519MLKEM768," + AES,
    "STANDARD,X25519MLKEM768," + CHACHA,
    "MAX,SecP384r1MLKEM1024," + CHACHA
  })
  void openSslIsAPeerInEverySuite(Suite suite, String group, String cipher) throws Exception {
    String said = connect(foreign, suite, group, cipher, "TLSv1.3", true);
    assertTrue(said.contains("\"protocol\":\"TLSv1.3\""), said);
    assertTrue(said.contains("\"group\":\"" + group + "\""), said);
    assertTrue(said.contains("\"cipher\":\"" + cipher + "\""), said);
    assertTrue(said.contains("\"echoed\":200000"), said);
  }

  @Test
  void openSslWithAClassicalGroupOrTls12IsRefused() throws Exception {
    String classical = connect(foreign, Suite.STANDARD, "X25519", AES, "TLSv1.3", true);
    assertTrue(classical.contains("\"error\""), classical);
    String old = connect(foreign, Suite.STANDARD, "X25519MLKEM768", "DEFAULT", "TLSv1.2", true);
    assertTrue(old.contains("\"error\""), old);
    assertEquals(1, device.mesh.refusals().get("NO_POST_QUANTUM_GROUP"));
    assertEquals(1, device.mesh.refusals().get("OLD_VERSION"));
  }

  @Test
  void openSslWithAnotherOrNoCertificateIsRefused() throws Exception {
    String none = connect(foreign, Suite.STANDARD, "X25519MLKEM768", AES, "TLSv1.3", false);
    assertTrue(none.contains("CERTIFICATE_REQUIRED"), none);
    MemoryIdentity stranger = TestIdentities.make("stranger");
    String other = connect(stranger, Suite.STANDARD, "X25519MLKEM768", AES, "TLSv1.3", true);
    assertTrue(other.contains("\"error\""), other);
    assertFalse(other.contains("\"echoed\""), other);
    assertEquals(1, device.mesh.refusals().get("UNKNOWN_DEVICE"));
  }

  @ParameterizedTest
  @CsvSource({"STANDARD,X25519MLKEM768", "MAX,SecP384r1MLKEM1024"})
  void openSslCanBeDialledAndItsSmallRecordsAreRead(Suite suite, String group) throws Exception {
    String cipher = suite.cipherFor(ProcessorFeatures.ofThisMachine()).label();
    device.coterie.least = suite;
    Process door =
        new ProcessBuilder(
                node.toString(),
                script("foreign-door.js").toString(),
                info(foreign, suite).toString(),
                suite.label(),
                group,
                cipher)
            .redirectErrorStream(true)
            .start();
    try (BufferedReader said = door.inputReader()) {
      String port = said.readLine();
      device.peers.list.clear();
      device.peers.list.add(TestDevice.peer(foreign, "tcp://127.0.0.1:" + port));
      byte[] sent = new byte[100_000];
      new Random(3).nextBytes(sent);
      byte[] back = new byte[sent.length];
      try (Stream stream = device.mesh.open(foreign.id(), "echo", StreamClass.BULK, WAIT_MILLIS)) {
        stream.write(sent, 0, sent.length, WAIT_MILLIS);
        stream.finish();
        for (int at = 0; at < back.length; ) {
          int part = stream.read(back, at, back.length - at, WAIT_MILLIS);
          assertTrue(part > 0, "ended after " + at);
          at += part;
        }
        assertEquals(-1, stream.read(new byte[1], 0, 1, WAIT_MILLIS));
      }
      assertArrayEquals(sent, back);
      device.mesh.removed(foreign.id());
      String result = said.readLine();
      assertTrue(result.contains("\"protocol\":\"TLSv1.3\""), result);
      assertTrue(result.contains("\"cipher\":\"" + cipher + "\""), result);
      assertTrue(result.contains("\"signature\":true"), result);
      assertTrue(result.contains("\"echoed\":100000"), result);
    } finally {
      door.destroyForcibly().waitFor();
    }
  }
}
