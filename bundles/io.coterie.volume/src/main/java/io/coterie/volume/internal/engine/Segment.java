package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.format.SegmentHeader;
import io.coterie.volume.internal.format.SegmentKeys;
import io.coterie.volume.internal.format.Sizes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One open segment file. Counters are guarded by the volume's lock; the file may be read by any
 * thread that holds a pin.
 */
final class Segment {
  private final SegmentHeader header;
  private final SegmentKeys keys;
  private final String name;
  private final StoredFile file;
  private int live;
  private int pins;
  private boolean sealed;
  private boolean dirty;
  private boolean condemned;
  private boolean named;
  private boolean damaged;

  Segment(SegmentHeader header, SegmentKeys keys, String name, StoredFile file) {
    this.header = header;
    this.keys = keys;
    this.name = name;
    this.file = file;
  }

  long id() {
    return header.segmentId();
  }

  SegmentHeader header() {
    return header;
  }

  SegmentKeys keys() {
    return keys;
  }

  /** Of its file. */
  String name() {
    return name;
  }

  int live() {
    return live;
  }

  void addLive(int change) {
    live += change;
  }

  boolean sealed() {
    return sealed;
  }

  void seal() {
    sealed = true;
  }

  boolean dirty() {
    return dirty;
  }

  void setDirty(boolean value) {
    dirty = value;
  }

  void pin() {
    pins++;
  }

  void unpin() {
    pins--;
  }

  /** True when it may be taken away: nothing needs it and nobody reads it. */
  boolean removable() {
    return condemned && pins == 0;
  }

  void condemn() {
    condemned = true;
  }

  /** True once a damaged block was met here: cleaning leaves the segment alone from then on. */
  boolean damaged() {
    return damaged;
  }

  void setDamaged() {
    damaged = true;
  }

  /** Reads whole blocks. */
  void read(ByteBuffer target, int blockIndex) throws IOException {
    long position = (long) blockIndex * Sizes.BLOCK;
    while (target.hasRemaining()) {
      int count = file.read(target, position);
      if (count < 0) {
        throw new EOFException("segment " + name + " is cut off at " + position);
      }
      position += count;
    }
  }

  void write(ByteBuffer source, int blockIndex) throws IOException {
    file.write(source, (long) blockIndex * Sizes.BLOCK);
  }

  /** True once: its name in the directory is not durable before the first force. */
  boolean firstForce() {
    boolean first = !named;
    named = true;
    return first;
  }

  void force() throws IOException {
    file.force();
  }

  void close() throws IOException {
    file.close();
    keys.close();
  }
}
