package io.coterie.volume.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file of a volume. An interrupt of a calling thread does not harm it; it stays set.
 * Thread-safe.
 */
public interface StoredFile extends AutoCloseable {
  /**
   * Reads as much as there is at once.
   *
   * @param position in bytes
   * @return how many bytes, -1 behind the end
   */
  int read(ByteBuffer target, long position) throws IOException;

  /** Writes all that remains in the source. On an error nobody knows how much of it. */
  void write(ByteBuffer source, long position) throws IOException;

  /** Makes what was written durable, and the length. */
  void force() throws IOException;

  @Override
  void close() throws IOException;
}
