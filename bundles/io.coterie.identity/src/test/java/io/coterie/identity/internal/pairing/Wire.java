package io.coterie.identity.internal.pairing;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.crypto.api.Suite;
import io.coterie.identity.internal.TestKeys;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.testkit.MemoryIdentity;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Two ends of a channel in memory, as the mesh gives them after a handshake, and its faults. */
final class Wire {
  private static final byte[] END = {};

  final byte[] exporterOfGuest = new byte[32];
  boolean alterSecondMessage;
  boolean loseWelcome;
  private final PairingHost host;
  private final MemoryIdentity shownByHost;
  private final MemoryIdentity shownByGuest;

  Wire(PairingHost host, MemoryIdentity shownByHost, MemoryIdentity shownByGuest) {
    this.host = host;
    this.shownByHost = shownByHost;
    this.shownByGuest = shownByGuest;
  }

  /** What the mesh does for a guest; fails when the host knows no such invitation. */
  PairingChannel connect(byte[] inviteId, byte[] secret) throws IOException {
    byte[] expected =
        host.secret(inviteId).orElseThrow(() -> new IOException("the invitation is not taken"));
    if (!Arrays.equals(expected, secret)) {
      throw new IOException("the token is not taken");
    }
    BlockingQueue<byte[]> toHost = new LinkedBlockingQueue<>();
    BlockingQueue<byte[]> toGuest = new LinkedBlockingQueue<>();
    End hostEnd = new End(toHost, toGuest, new byte[32], shownByGuest);
    End guestEnd = new End(toGuest, toHost, exporterOfGuest, shownByHost);
    guestEnd.alters = alterSecondMessage;
    hostEnd.losesSecond = loseWelcome;
    Thread thread = new Thread(() -> host.opened(inviteId, hostEnd));
    thread.setDaemon(true);
    thread.start();
    return guestEnd;
  }

  /** A guest that says this and leaves; returns when the host is done with it. */
  void guestSays(Token token, byte[] message) throws Exception {
    BlockingQueue<byte[]> toHost = new LinkedBlockingQueue<>();
    BlockingQueue<byte[]> toGuest = new LinkedBlockingQueue<>();
    toHost.add(message.length == 0 ? new byte[] {7, 7} : message);
    toHost.add(END);
    host.opened(token.inviteId(), new End(toHost, toGuest, new byte[32], shownByGuest));
  }

  private static final class End implements PairingChannel {
    private final BlockingQueue<byte[]> in;
    private final BlockingQueue<byte[]> out;
    private final byte[] exporter;
    private final MemoryIdentity other;
    private boolean alters;
    private boolean losesSecond;
    private int sent;

    End(
        BlockingQueue<byte[]> in,
        BlockingQueue<byte[]> out,
        byte[] exporter,
        MemoryIdentity other) {
      this.in = in;
      this.out = out;
      this.exporter = exporter;
      this.other = other;
    }

    @Override
    public byte[] exporter() {
      return exporter.clone();
    }

    @Override
    public SessionCertificate shown() {
      try {
        return TestKeys.ALGORITHMS
            .certificates()
            .parse(other.session(Suite.STANDARD).certificate());
      } catch (CryptoException | MalformedInputException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public String remote() {
      return "a test";
    }

    @Override
    public void send(byte[] message) {
      byte[] copy = message.clone();
      sent++;
      if (losesSecond && sent == 2) {
        out.add(END);
        return;
      }
      if (alters && sent == 2) {
        copy[0] ^= 1;
      }
      out.add(copy);
    }

    @Override
    public byte[] receive(int maxBytes, long timeoutMillis) throws IOException {
      try {
        byte[] message = in.poll(Math.min(timeoutMillis, 20_000), TimeUnit.MILLISECONDS);
        if (message == null || message == END || message.length > maxBytes) {
          throw new IOException("the other end is gone");
        }
        return message;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    @Override
    public void close() {
      out.add(END);
    }
  }
}
