package io.coterie.mesh.api;

import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A flow-controlled duplex byte channel inside a link. One thread may read while another writes;
 * two threads may not do the same at once. Blocking calls end when the stream is reset from any
 * thread.
 */
@ProviderType
public interface Stream extends AutoCloseable {
  DeviceId peer();

  String service();

  /**
   * Reads at least one byte.
   *
   * @param timeoutMillis 0 waits until something comes or the stream ends
   * @return bytes read, or -1 after the peer's orderly end
   * @throws IOException when the stream was reset or the time is over
   */
  int read(byte[] target, int offset, int lengthBytes, long timeoutMillis) throws IOException;

  /** Writes all bytes, waiting for the peer's credit. They are on their way when it returns. */
  void write(byte[] source, int offset, int lengthBytes, long timeoutMillis) throws IOException;

  /** Ends this direction in good order; the other may go on. */
  void finish() throws IOException;

  /**
   * Waits for the peer's orderly end, discarding what still comes.
   *
   * @throws IOException when the stream was reset or the time is over
   */
  default void awaitPeerEnd(long timeoutMillis) throws IOException {
    byte[] rest = new byte[1024];
    while (read(rest, 0, rest.length, timeoutMillis) >= 0) {
      // nothing more is expected
    }
  }

  /** Ends both directions at once; the peer sees an error. Idempotent. */
  void reset();

  /** Finishes and waits for nothing; a stream whose peer has not finished is reset. */
  @Override
  void close();
}
