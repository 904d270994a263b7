package io.coterie.mesh.internal.tls;

import static io.coterie.mesh.internal.tls.TlsBytes.bytes;
import static io.coterie.mesh.internal.tls.TlsBytes.offer;
import static io.coterie.mesh.internal.tls.TlsBytes.open;
import static io.coterie.mesh.internal.tls.TlsBytes.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.internal.TestIdentities;
import io.coterie.testkit.MemoryIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every pair of record layers, one at each end of a real handshake. */
class RecordsPairTest {
  private final MemoryIdentity client = TestIdentities.make("client");
  private final MemoryIdentity server = TestIdentities.make("server");
  private Records dialling;
  private Records accepting;

  private static Handshake handshake(
      MemoryIdentity self, MemoryIdentity peer, Suite suite, boolean dials, String records)
      throws Exception {
    MeshCrypto crypto = TestIdentities.crypto();
    crypto.recordsBy(records);
    PeerVerifier knows =
        new PeerVerifier(
            crypto,
            id -> Optional.of(new Peer(peer.id(), peer.name(), List.of(), peer.keys())),
            new SystemClock());
    Party party =
        new Party(
            suite,
            LinkCipher.CHACHA20_POLY1305,
            self,
            knows,
            crypto,
            new SystemEntropy(),
            false,
            r -> null);
    return new Handshake(party, dials);
  }

  private void connect(String first, String second, Suite suite) throws Exception {
    Handshake one = handshake(client, server, suite, true, first);
    Handshake two = handshake(server, client, suite, false, second);
    one.begin();
    two.begin();
    while (!one.done() || !two.done()) {
      offer(two, bytes(one.output()));
      offer(one, bytes(two.output()));
    }
    dialling = one.session().records();
    accepting = two.session().records();
    assertEquals(first.equals("library"), dialling instanceof LibraryRecords);
    assertEquals(second.equals("library"), accepting instanceof LibraryRecords);
  }

  @ParameterizedTest
  @CsvSource({
    "library,own,STANDARD",
    "own,library,STANDARD",
    "library,library,MAX",
    "own,own,MAX",
  })
  void dataOfEveryLengthPassesBothWaysAndTheEndIsUnderstood(String a, String b, Suite suite)
      throws Exception {
    connect(a, b, suite);
    for (int length : new int[] {1, 15, 16, 17, 1000, 16_383, 16_384}) {
      byte[] data = random(length);
      assertArrayEquals(data, open(accepting, bytes(dialling.seal(ByteBuffer.wrap(data)))));
      assertArrayEquals(data, open(dialling, bytes(accepting.seal(ByteBuffer.wrap(data)))));
    }
    assertFalse(accepting.peerClosed());
    byte[] end = bytes(dialling.closeNotify());
    assertEquals(0, open(accepting, end).length);
    assertTrue(accepting.peerClosed());
    assertThrows(IOException.class, () -> open(accepting, end));
    dialling.close();
    accepting.close();
  }

  @ParameterizedTest
  @CsvSource({"library,own", "own,library"})
  void anAlteredRecordEndsItAndThePeerHearsOfIt(String a, String b) throws Exception {
    connect(a, b, Suite.STANDARD);
    byte[] sealed = bytes(dialling.seal(ByteBuffer.wrap(random(100))));
    sealed[50] ^= 1;
    assertThrows(IOException.class, () -> open(accepting, sealed));
    byte[] alert = bytes(accepting.fatal((short) 20));
    assertTrue(alert.length > 0);
    assertThrows(IOException.class, () -> open(dialling, alert));
  }

  @ParameterizedTest
  @CsvSource({"library,own", "own,library"})
  void aRecordThatComesAgainIsRefused(String a, String b) throws Exception {
    connect(a, b, Suite.STANDARD);
    byte[] sealed = bytes(dialling.seal(ByteBuffer.wrap(random(100))));
    open(accepting, sealed);
    assertThrows(IOException.class, () -> open(accepting, sealed));
  }
}
