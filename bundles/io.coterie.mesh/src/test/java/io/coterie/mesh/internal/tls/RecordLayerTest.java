package io.coterie.mesh.internal.tls;

import static io.coterie.mesh.internal.tls.TlsBytes.bytes;
import static io.coterie.mesh.internal.tls.TlsBytes.offer;
import static io.coterie.mesh.internal.tls.TlsBytes.open;
import static io.coterie.mesh.internal.tls.TlsBytes.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.internal.TestIdentities;
import io.coterie.testkit.MemoryIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsServerProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our record layer against the library's, after a real handshake. */
class RecordLayerTest {
  private static final long MANY = RecordLayer.RECORDS_FOR_A_KEY;

  private final MemoryIdentity client = TestIdentities.make("client");
  private final MemoryIdentity server = TestIdentities.make("server");
  private final Library library = new Library();
  private final MeshCrypto crypto = TestIdentities.crypto();
  private RecordLayer records;
  private SecureSession session;

  /** The library's server, with its own records and the means to send a KeyUpdate. */
  private static final class Library extends TlsServerProtocol {
    void keyUpdate(boolean request) throws IOException {
      send13KeyUpdate(request);
    }

    void rawHandshake(byte[] bytes) throws IOException {
      writeRecord((short) 22, bytes, 0, bytes.length);
    }

    void rawAlert(byte[] bytes) throws IOException {
      writeRecord((short) 21, bytes, 0, bytes.length);
    }

    void empty() throws IOException {
      writeRecord((short) 23, new byte[0], 0, 0);
    }

    byte[] output() {
      byte[] out = new byte[getAvailableOutputBytes()];
      readOutput(out, 0, out.length);
      return out;
    }

    byte[] input() {
      byte[] in = new byte[getAvailableInputBytes()];
      readInput(in, 0, in.length);
      return in;
    }
  }

  private static PeerVerifier knows(MemoryIdentity peer, Clock clock) {
    return new PeerVerifier(
        TestIdentities.crypto(),
        id ->
            id.equals(peer.id())
                ? Optional.of(new Peer(peer.id(), peer.name(), java.util.List.of(), peer.keys()))
                : Optional.empty(),
        clock);
  }

  private void connect(Suite suite, LinkCipher cipher, long recordsForAKey) throws Exception {
    SystemEntropy entropy = new SystemEntropy();
    SystemClock clock = new SystemClock();
    Party mine =
        new Party(suite, cipher, client, knows(server, clock), crypto, entropy, false, r -> null);
    Handshake handshake = new Handshake(mine, true);
    Party theirs =
        new Party(suite, cipher, server, knows(client, clock), crypto, entropy, false, r -> null);
    library.accept(new LinkServer(theirs));
    handshake.begin();
    while (!handshake.done() || library.isHandshaking()) {
      library.offerInput(bytes(handshake.output()));
      offer(handshake, library.output());
    }
    session = handshake.session();
    records = crypto.recordsByLibrary() ? null : mine.crypto().recordLayer(true, recordsForAKey);
    assertEquals(server.id(), session.peer().id());
  }

  @ParameterizedTest
  @CsvSource({"STANDARD,AES_256_GCM", "STANDARD,CHACHA20_POLY1305", "MAX,CHACHA20_POLY1305"})
  void dataOfEveryLengthPassesBothWays(Suite suite, LinkCipher cipher) throws Exception {
    connect(suite, cipher, MANY);
    for (int length : new int[] {1, 15, 16, 17, 1000, 16_383, 16_384}) {
      byte[] data = random(length);
      library.offerInput(bytes(records.seal(ByteBuffer.wrap(data))));
      assertArrayEquals(data, library.input(), "to the library, " + length);
      ByteBuffer roomy = ByteBuffer.allocate(length + 1).put(data).flip();
      library.offerInput(bytes(records.seal(roomy)));
      assertArrayEquals(data, library.input(), "with room behind, " + length);
      library.writeApplicationData(data, 0, length);
      assertArrayEquals(data, open(records, library.output()), "from the library, " + length);
    }
    byte[] large = random(100_000);
    library.writeApplicationData(large, 0, large.length);
    assertArrayEquals(large, open(records, library.output()));
  }

  @Test
  void keyUpdatesOfBothSidesAreFollowed() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    byte[] data = random(500);
    for (int round = 0; round < 10; round++) {
      library.keyUpdate(round % 2 == 0);
      library.writeApplicationData(data, 0, data.length);
      assertArrayEquals(data, open(records, library.output()), "round " + round);
      ByteBuffer control = records.control();
      assertEquals(round % 2 == 0, control != null, "an answer when it was asked for");
      if (control != null) {
        library.offerInput(bytes(control));
      }
      library.offerInput(bytes(records.seal(ByteBuffer.wrap(data))));
      assertArrayEquals(data, library.input());
    }
  }

  /** The library at both ends: what the second way to protect records does with a KeyUpdate. */
  @Test
  void theLibrarysRecordsAnswerAKeyUpdateBeforeTheirNextData() throws Exception {
    crypto.recordsBy("library");
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    Records byLibrary = session.records();
    byte[] data = random(500);
    for (int round = 0; round < 5; round++) {
      library.keyUpdate(true);
      byLibrary.open(library.output(), 5 + 5 + 1 + 16, plain -> {});
      library.offerInput(bytes(byLibrary.seal(ByteBuffer.wrap(data))));
      assertArrayEquals(data, library.input(), "round " + round);
    }
    byLibrary.close();
  }

  @Test
  void recordsWithoutDataAreBoundedByTheLibrarysRecordsToo() throws Exception {
    crypto.recordsBy("library");
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    assertThrows(
        TlsFatalAlert.class,
        () -> {
          for (int i = 0; i < 40; i++) {
            library.keyUpdate(false);
            session.records().open(library.output(), 5 + 5 + 1 + 16, plain -> {});
          }
        });
  }

  @Test
  void aKeyIsReplacedAfterItsRecords() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, 3);
    int updates = 0;
    for (int i = 0; i < 10; i++) {
      ByteBuffer control = records.control();
      if (control != null) {
        updates++;
        library.offerInput(bytes(control));
      }
      library.offerInput(bytes(records.seal(ByteBuffer.wrap(new byte[] {(byte) i}))));
      assertArrayEquals(new byte[] {(byte) i}, library.input());
    }
    assertTrue(updates >= 2, "updates: " + updates);
  }

  @Test
  void messagesCutOverRecordsAndTicketsAreRead() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    byte[] ticket = new byte[4 + 50];
    ticket[0] = 4;
    ticket[3] = 50;
    library.rawHandshake(Arrays.copyOf(ticket, 3));
    library.rawHandshake(Arrays.copyOfRange(ticket, 3, 30));
    library.rawHandshake(Arrays.copyOfRange(ticket, 30, ticket.length));
    byte[] two = Arrays.copyOf(ticket, 2 * ticket.length);
    System.arraycopy(ticket, 0, two, ticket.length, ticket.length);
    library.rawHandshake(two);
    library.writeApplicationData(new byte[] {9}, 0, 1);
    assertArrayEquals(new byte[] {9}, open(records, library.output()));
  }

  @Test
  void dataBetweenTheHalvesOfAMessageIsRefused() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    library.rawHandshake(new byte[] {4, 0});
    library.writeApplicationData(new byte[] {9}, 0, 1);
    assertThrows(TlsFatalAlert.class, () -> open(records, library.output()));
  }

  @Test
  void foreignMessagesAndWrongKeyUpdatesAreRefused() throws Exception {
    byte[][] wrong = {
      {1, 0, 0, 0}, // a second ClientHello
      {13, 0, 0, 0}, // a request for a certificate
      {24, 0, 0, 0}, // a KeyUpdate without its word
      {24, 0, 0, 1, 2}, // an unknown word
      {24, 0, 0, 1, 0, 4, 0}, // something behind it in the same record
      {4, 1, 0, 0} // 64 KiB announced
    };
    for (byte[] message : wrong) {
      RecordLayerTest fresh = new RecordLayerTest();
      fresh.connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
      fresh.library.rawHandshake(message);
      assertThrows(TlsFatalAlert.class, () -> open(fresh.records, fresh.library.output()));
    }
  }

  @Test
  void aCloseNotifyIsAGoodEndAndAnythingBehindItIsNot() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    byte[] late;
    library.writeApplicationData(new byte[] {1}, 0, 1);
    library.rawAlert(new byte[] {1, 0});
    assertArrayEquals(new byte[] {1}, open(records, library.output()));
    assertTrue(records.peerClosed());
    library.writeApplicationData(new byte[] {2}, 0, 1);
    late = library.output();
    assertThrows(TlsFatalAlert.class, () -> open(records, late));
  }

  @Test
  void ourCloseNotifyIsUnderstood() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    library.offerInput(bytes(records.closeNotify()));
    assertTrue(library.isClosed());
  }

  @Test
  void aFatalAlertEndsIt() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    library.rawAlert(new byte[] {2, 80});
    assertThrows(IOException.class, () -> open(records, library.output()));
  }

  @Test
  void recordsWithoutDataAreBounded() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    for (int i = 0; i < 100; i++) {
      library.empty();
    }
    assertThrows(TlsFatalAlert.class, () -> open(records, library.output()));
  }

  @Test
  void everyAlteredReplayedOrReorderedRecordIsRefused() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    library.writeApplicationData(random(40), 0, 40);
    byte[] first = library.output();
    for (int at = 5; at < first.length; at++) {
      RecordLayerTest fresh = new RecordLayerTest();
      if (at % 9 == 0) { // a handshake each
        fresh.connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
        fresh.library.writeApplicationData(random(40), 0, 40);
        byte[] bad = fresh.library.output();
        bad[at] ^= 1;
        assertThrows(TlsFatalAlert.class, () -> open(fresh.records, bad));
      }
    }
    open(records, first);
    assertThrows(TlsFatalAlert.class, () -> open(records, first), "replayed");
    RecordLayerTest other = new RecordLayerTest();
    other.connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    other.library.writeApplicationData(new byte[] {1}, 0, 1);
    other.library.output();
    other.library.writeApplicationData(new byte[] {2}, 0, 1);
    assertThrows(
        TlsFatalAlert.class, () -> open(other.records, other.library.output()), "one is missing");
  }

  @Test
  void oversizedAndPlainRecordsAreRefused() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    assertThrows(
        TlsFatalAlert.class,
        () -> RecordLayer.recordBytes(new byte[] {23, 3, 3, (byte) 0x41, (byte) 0x01}));
    assertThrows(
        TlsFatalAlert.class,
        () ->
            open(
                records,
                new byte[] {
                  22, 3, 3, 0, 20, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
                }));
    assertThrows(TlsFatalAlert.class, () -> open(records, new byte[] {23, 3, 3, 0, 3, 1, 1, 1}));
    byte[] noise =
        new Random(1)
            .ints(5000)
            .collect(ByteArrayOutputStream::new, (o, i) -> o.write(i), (x, y) -> {})
            .toByteArray();
    noise[0] = 23;
    noise[3] = 0x10;
    noise[4] = 0;
    assertThrows(TlsFatalAlert.class, () -> open(records, noise));
  }

  @Test
  void theExporterIsTheSameAtBothEndsAndNobodyElseSignsForASession() throws Exception {
    connect(Suite.STANDARD, LinkCipher.AES_256_GCM, MANY);
    assertEquals(32, session.exporter().length);
    Handshakes mine =
        new Handshakes(
            client,
            knows(server, new SystemClock()),
            TestIdentities.crypto(),
            new SystemEntropy(),
            new SystemClock());
    byte[] text = {1, 2, 3};
    byte[] signature = mine.sign(session, true, text);
    assertNotNull(signature);
    // The peer's view: it verifies what the dialler signed, and nothing else.
    SecureSession theirs =
        new SecureSession(
            session.suite(),
            session.cipher(),
            new PeerVerifier.Verified(client.id(), ed25519Of(session), null),
            session.exporter(),
            session.ed25519Seed(),
            records);
    Handshakes peer =
        new Handshakes(
            server,
            knows(client, new SystemClock()),
            TestIdentities.crypto(),
            new SystemEntropy(),
            new SystemClock());
    assertTrue(peer.verify(theirs, true, text, signature));
    assertEquals(false, peer.verify(theirs, false, text, signature), "reflected");
    assertEquals(false, peer.verify(theirs, true, new byte[] {1, 2}, signature), "another text");
    byte[] other = session.exporter().clone();
    other[0] ^= 1;
    SecureSession elsewhere =
        new SecureSession(
            session.suite(),
            session.cipher(),
            theirs.peer(),
            other,
            session.ed25519Seed(),
            records);
    assertEquals(false, peer.verify(elsewhere, true, text, signature), "another connection");
    assertNull(records.control());
  }

  private static byte[] ed25519Of(SecureSession own) {
    byte[] out = new byte[32];
    org.bouncycastle.math.ec.rfc8032.Ed25519.generatePublicKey(own.ed25519Seed(), 0, out, 0);
    return out;
  }
}
