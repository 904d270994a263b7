package io.coterie.volume.api;

import io.coterie.base.codec.MalformedInputException;
import java.util.Arrays;
import org.osgi.annotation.versioning.ProviderType;

/** Compresses without loss. Implemented by plugins; stateless and thread-safe. */
@ProviderType
public interface BlockCodec {
  /** Service property: the value of {@link #algorithm()}. */
  String ALGORITHM = "algorithm";

  /** RFC 8878. */
  String ZSTD = "zstd";

  /** The LZ4 block format. */
  String LZ4 = "lz4";

  String algorithm();

  /** Which implementation serves, with its version, for people. */
  String provider();

  /** What one thread compresses and expands with; it keeps its working memory. */
  Context newContext();

  /**
   * Compresses and expands a block. A codec runs it before it serves.
   *
   * @throws IllegalStateException when something else came back
   */
  default void selfTest() throws MalformedInputException {
    byte[] source = new byte[BlockDevice.BLOCK_BYTES];
    for (int i = 0; i < source.length; i++) {
      source[i] = (byte) (i / 16);
    }
    byte[] packed = new byte[source.length];
    byte[] expanded = new byte[source.length];
    try (Context context = newContext()) {
      int length = context.compress(source, 0, source.length, packed, 0);
      context.expand(packed, 0, length, expanded, 0, expanded.length);
    }
    if (!Arrays.equals(source, expanded)) {
      throw new IllegalStateException(algorithm() + " failed its self-test");
    }
  }

  /** Not thread-safe. */
  interface Context extends AutoCloseable {
    /**
     * Compresses.
     *
     * @param target where to; what does not fit into its rest is not compressed
     * @return the length, or 0 when it did not fit
     */
    int compress(byte[] source, int offset, int lengthBytes, byte[] target, int targetOffset);

    /**
     * Expands what was compressed to exactly so many bytes.
     *
     * @throws MalformedInputException for anything else
     */
    void expand(
        byte[] source,
        int offset,
        int lengthBytes,
        byte[] target,
        int targetOffset,
        int expandedBytes)
        throws MalformedInputException;

    @Override
    void close();
  }
}
