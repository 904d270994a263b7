package io.coterie.volume.api;

import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Random access to the bytes of a volume. Thread-safe. Offsets and lengths are in bytes and inside
 * the device; anything else is an {@link IllegalArgumentException}.
 *
 * <p>A write may be acknowledged to a guest only after {@link #submit()}: then it survives the
 * death of this process. After {@link #flush()} it survives the loss of power.
 */
@ProviderType
public interface BlockDevice {
  /** The unit of encryption; requests aligned to it are cheapest. */
  int BLOCK_BYTES = 4096;

  long sizeBytes();

  /**
   * Reads.
   *
   * @throws DamagedBlockException when a block fails its authentication
   * @throws AccessRevokedException when the caller's right has ended
   */
  void read(long offset, byte[] target, int targetOffset, int lengthBytes) throws IOException;

  /** Stages a write. */
  void write(long offset, byte[] source, int sourceOffset, int lengthBytes) throws IOException;

  /** Makes a range read as zeroes, without storing them where blocks are covered whole. */
  void zero(long offset, long lengthBytes) throws IOException;

  /** Hands all staged writes to the operating system. */
  void submit() throws IOException;

  /** Submits and forces everything submitted so far to the disk. */
  void flush() throws IOException;

  /**
   * How many bytes from {@code offset} on, at most {@code lengthBytes}, are of the same kind.
   *
   * @return positive when they hold data, negative when they are a hole; block aligned but for the
   *     ends
   */
  long extent(long offset, long lengthBytes) throws IOException;
}
