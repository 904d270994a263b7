package io.coterie.volume.nbd.internal;

import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.internal.engine.BenchVolume;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.LogVolume;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The engine and its block device server without anything around them, with an AEAD or with one
 * that does nothing: the difference is what the encryption itself costs.
 */
public final class EngineServer {
  private EngineServer() {}

  /** {@code DIRECTORY SOCKET SIZE CIPHER}, where the cipher {@code none} only copies. */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createDirectories(Path.of(args[0]));
    boolean none = args[3].equals("none");
    Aead aead = none ? new PassThrough() : AeadProviders.usual(args[3]);
    LogVolume volume = BenchVolume.open(directory, Long.parseLong(args[2]), aead, true);
    new UnixListener(Path.of(args[1]), new SystemThreads(), client -> serve(client, volume));
    Thread.sleep(Long.MAX_VALUE);
  }

  private static void serve(SocketChannel client, LogVolume volume) {
    Thread thread = new Thread(() -> session(client, volume), "session");
    thread.setDaemon(true);
    thread.start();
  }

  private static void session(SocketChannel client, LogVolume volume) {
    Duplex duplex = new SocketDuplex(client);
    InputBuffer in = new InputBuffer(duplex);
    ReplyBuffer out = new ReplyBuffer(duplex);
    try {
      Negotiation.Agreed agreed = new Negotiation(in, out, export -> new Open(volume)).run();
      if (agreed != null) {
        new Transmission(in, out, agreed).run();
      }
    } catch (IOException e) {
      System.err.println("a client ended: " + e.getMessage());
    } finally {
      duplex.close();
    }
  }

  private record Open(LogVolume log) implements Access {
    @Override
    public BlockDevice device() {
      return new GuardedDevice(log, new GuardedDevice.Gate(GuardedDevice.Gate.Right.WRITE));
    }

    @Override
    public boolean readOnly() {
      return false;
    }

    @Override
    public String volume() {
      return "bench";
    }

    @Override
    public void close() {
      // It is open for all.
    }
  }

  /** Copies, and puts zeroes in the place of the tag. */
  private static final class PassThrough implements Aead, AeadContext {
    @Override
    public String algorithm() {
      return AES_256_GCM;
    }

    @Override
    public String provider() {
      return "none";
    }

    @Override
    public AeadContext newContext() {
      return this;
    }

    @Override
    public void seal(
        DestroyableKey key,
        byte[] nonce,
        byte[] associatedData,
        byte[] in,
        int inOffset,
        int lengthBytes,
        byte[] out,
        int outOffset) {
      System.arraycopy(in, inOffset, out, outOffset, lengthBytes);
      Arrays.fill(out, outOffset + lengthBytes, outOffset + lengthBytes + TAG_BYTES, (byte) 0);
    }

    @Override
    public void open(
        DestroyableKey key,
        byte[] nonce,
        byte[] associatedData,
        byte[] in,
        int inOffset,
        int lengthBytes,
        byte[] out,
        int outOffset) {
      System.arraycopy(in, inOffset, out, outOffset, lengthBytes - TAG_BYTES);
    }
  }
}
