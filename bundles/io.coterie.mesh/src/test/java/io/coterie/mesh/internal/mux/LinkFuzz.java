package io.coterie.mesh.internal.mux;

import io.coterie.base.seam.SystemClock;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;

/**
 * A fuzz target: what a peer sends after its handshake, frame after frame. It is taken, or refused
 * as malformed; nothing else happens, and what is kept in memory has a bound.
 */
public final class LinkFuzz {
  private LinkFuzz() {}

  /** A connection that swallows everything. */
  private static final class Nowhere implements SecureChannel {
    @Override
    public void send(ByteBuffer record) {
      record.position(record.limit());
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void hold() {}

    @Override
    public void release() {}

    @Override
    public Executor eventThread() {
      return task -> {}; // nothing is answered, so everything waits
    }

    @Override
    public String transport() {
      return "nowhere";
    }

    @Override
    public String remote() {
      return "nowhere";
    }

    @Override
    public void close() {}
  }

  /** The target: decrypted bytes. */
  public static void fuzzerTestOneInput(byte[] bytes) {
    Nowhere channel = new Nowhere();
    Link link =
        new Link(
            DeviceId.parse("ab".repeat(32)),
            new byte[Hello.LINK_ID_BYTES],
            true,
            channel,
            new Terms(Suite.STANDARD, LinkCipher.AES_256_GCM, 0),
            new SystemClock(),
            new Nobody());
    try {
      link.begin("mine", StreamClass.BULK);
      new FrameDecoder().decode(ByteBuffer.wrap(bytes), frame -> link.received(channel, frame));
    } catch (IOException e) {
      link.end(e);
    }
    if (link.status().streams() > Streams.MAX_STREAMS) {
      throw new IllegalStateException("more streams than allowed");
    }
  }
}
