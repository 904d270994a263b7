package io.coterie.volume.internal.log;

import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.format.SealingKeys;
import io.coterie.volume.internal.format.SegmentHeader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open segment file with its keys. Any thread may read that has it from {@link OpenSegments} and
 * has not given it back.
 */
public final class Segment {
  private final SegmentHeader header;
  private final byte[] origin;
  private final SealingKeys keys;
  private final String name;
  private final StoredFile file;

  // Guarded by OpenSegments.
  int users;
  long lastUse;
  boolean forgotten;

  /** Guarded by the volume's lock. */
  private boolean dirty;

  /** Used by one flush at a time. */
  private boolean named;

  Segment(SegmentHeader header, byte[] origin, SealingKeys keys, String name, StoredFile file) {
    this.header = header;
    this.origin = origin;
    this.keys = keys;
    this.name = name;
    this.file = file;
  }

  public long id() {
    return header.segmentId();
  }

  public SegmentHeader header() {
    return header;
  }

  byte[] origin() {
    return origin;
  }

  public SealingKeys keys() {
    return keys;
  }

  /** Of its file. */
  public String name() {
    return name;
  }

  boolean dirty() {
    return dirty;
  }

  void setDirty(boolean value) {
    dirty = value;
  }

  /**
   * Fills the target.
   *
   * @param position in bytes
   */
  public void read(ByteBuffer target, long position) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = file.read(target, at);
      if (count < 0) {
        throw new EOFException("segment " + name + " is cut off at " + at);
      }
      at += count;
    }
  }

  void write(ByteBuffer source, long position) throws IOException {
    file.write(source, position);
  }

  /** True once: its name in the directory is not durable before the first force. */
  boolean firstForce() {
    boolean first = !named;
    named = true;
    return first;
  }

  public void force() throws IOException {
    file.force();
  }

  void close() throws IOException {
    file.close();
    keys.close();
  }
}
