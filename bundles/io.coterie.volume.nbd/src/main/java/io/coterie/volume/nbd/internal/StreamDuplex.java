package io.coterie.volume.nbd.internal;

import io.coterie.mesh.api.Stream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A client behind a mesh stream. */
final class StreamDuplex implements Duplex {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final long WRITE_TIMEOUT_MILLIS = 60_000;

  private final Stream stream;
  private final byte[] in = new byte[BUFFER_BYTES];
  private final byte[] out = new byte[BUFFER_BYTES];

  StreamDuplex(Stream stream) {
    this.stream = stream;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int count = stream.read(in, 0, Math.min(in.length, target.remaining()), 0);
    if (count > 0) {
      target.put(in, 0, count);
    }
    return count;
  }

  @Override
  public void write(ByteBuffer source) throws IOException {
    while (source.hasRemaining()) {
      int part = Math.min(out.length, source.remaining());
      source.get(out, 0, part);
      stream.write(out, 0, part, WRITE_TIMEOUT_MILLIS);
    }
  }

  @Override
  public void close() {
    stream.reset();
  }
}
