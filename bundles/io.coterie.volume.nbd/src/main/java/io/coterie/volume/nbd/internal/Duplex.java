package io.coterie.volume.nbd.internal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of one client: a unix socket or a mesh stream. Blocking; close from any thread. */
interface Duplex extends Closeable {
  /** Reads at least one byte into the buffer, or returns -1 at the end. */
  int read(ByteBuffer target) throws IOException;

  /** Writes the whole buffer. */
  void write(ByteBuffer source) throws IOException;

  /** Ends the connection; a blocked read or write fails. */
  @Override
  void close();
}
