package io.coterie.mesh.internal.tls;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.testkit.MemoryIdentity;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whole mutual handshakes with both signatures, both ends in one thread, without sockets: processor
 * time and bytes. Both sides know each other's session certificate, as two devices do on every day
 * but the first handshake of it.
 */
public final class HandshakeBench {
  private static final int WINDOWS = 5;
  private static final byte[] TEXT = new byte[35];

  private final Handshakes client;
  private final Handshakes server;
  private final DeviceId serverId;
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private long bytes;

  /** Between two devices that trust each other. */
  public HandshakeBench(
      MemoryIdentity client, MemoryIdentity server, MeshCrypto crypto, Peer[] both) {
    Function<DeviceId, Optional<Peer>> peers =
        id -> Arrays.stream(both).filter(p -> p.id().equals(id)).findFirst();
    PeerVerifier ofClient = new PeerVerifier(crypto, peers, new SystemClock());
    PeerVerifier ofServer = new PeerVerifier(crypto, peers, new SystemClock());
    this.client = new Handshakes(client, ofClient, crypto, new SystemEntropy(), new SystemClock());
    this.server = new Handshakes(server, ofServer, crypto, new SystemEntropy(), new SystemClock());
    this.serverId = server.id();
  }

  /**
   * What one handshake takes.
   *
   * @param cpuMillis of both ends together, best of five windows
   * @param bytes in both directions together
   */
  public record Result(double cpuMillis, long bytes) {}

  /** Measures. */
  public Result run(Suite suite, int rounds) throws IOException {
    for (int i = 0; i < 2 * rounds; i++) {
      handshake(suite);
    }
    double best = Double.MAX_VALUE;
    for (int window = 0; window < WINDOWS; window++) {
      long begin = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < rounds; i++) {
        handshake(suite);
      }
      best = Math.min(best, (threads.getCurrentThreadCpuTime() - begin) / 1e6 / rounds);
    }
    return new Result(best, bytes);
  }

  private void handshake(Suite suite) throws IOException {
    Handshake dialling = client.client(suite, serverId, new byte[32]);
    Handshake accepting = server.server(suite, suite.cipherFor(ProcessorFeatures.ofThisMachine()));
    bytes = 0;
    dialling.begin();
    accepting.begin();
    while (!dialling.done() || !accepting.done()) {
      carry(dialling, accepting);
      carry(accepting, dialling);
    }
    SecureSession mine = dialling.session();
    SecureSession theirs = accepting.session();
    byte[] first = client.sign(mine, true, TEXT);
    byte[] second = server.sign(theirs, false, TEXT);
    boolean good =
        server.verify(theirs, true, TEXT, first) && client.verify(mine, false, TEXT, second);
    mine.records().close();
    theirs.records().close();
    if (!good) {
      throw new IOException("the second signature is wrong");
    }
  }

  private void carry(Handshake from, Handshake to) throws IOException {
    ByteBuffer out = from.output();
    while (out != null && out.hasRemaining()) {
      int length =
          RecordLayer.recordBytes(
              Arrays.copyOfRange(
                  out.array(), out.position(), out.position() + RecordLayer.HEADER_BYTES));
      byte[] record = new byte[length];
      out.get(record);
      bytes += length;
      to.offer(record);
    }
  }
}
