package io.coterie.mesh.internal.tls;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsProtocol;
import org.bouncycastle.tls.TlsServerProtocol;

/** One handshake, record by record, without I/O. One thread at a time. */
public final class Handshake {
  private final Parties parties;
  private Party party;
  private final boolean client;
  private final TlsProtocol protocol;

  Handshake(Party party, boolean client) {
    this(() -> party, client);
  }

  Handshake(Parties parties, boolean client) {
    this.parties = parties;
    this.client = client;
    this.protocol = client ? new TlsClientProtocol() : new TlsServerProtocol();
  }

  /** Makes our side when the handshake begins: fresh keys may have to be made and signed. */
  interface Parties {
    Party make() throws IOException;
  }

  /** Makes the first flight of a client, or waits for it. */
  void begin() throws IOException {
    party = parties.make();
    if (protocol instanceof TlsClientProtocol c) {
      c.connect(new LinkClient(party));
    } else if (protocol instanceof TlsServerProtocol s) {
      s.accept(new LinkServer(party));
    }
  }

  /** Takes one whole record. An error leaves an alert in {@link #output()}. */
  void offer(byte[] record) throws IOException {
    protocol.offerInput(record);
  }

  /** What is to be sent now, or null. */
  ByteBuffer output() {
    ByteBuffer out = outputOf(protocol);
    return out.hasRemaining() ? out : null;
  }

  /** Everything that the library wants to send, taken from it. */
  static ByteBuffer outputOf(TlsProtocol protocol) {
    byte[] out = new byte[protocol.getAvailableOutputBytes()];
    protocol.readOutput(out, 0, out.length);
    return ByteBuffer.wrap(out);
  }

  boolean done() {
    return protocol.isConnected();
  }

  /** The result, once, after {@link #done()}. */
  SecureSession session() throws IOException {
    return party.session(client, protocol);
  }

  /** Gives it up, unless {@link #session()} was taken: its keys end. While no step runs. */
  void giveUp() {
    if (party != null) {
      party.wipe();
    }
  }
}
