package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.SegmentHeader;
import io.coterie.volume.internal.format.SegmentKeys;
import io.coterie.volume.internal.format.Sizes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One open segment file. Counters are guarded by the volume's lock; the channel may be read by any
 * thread that holds a pin.
 */
final class Segment {
  private final SegmentHeader header;
  private final SegmentKeys keys;
  private final Path path;
  private FileChannel channel;
  private boolean closed;
  private int live;
  private int pins;
  private boolean sealed;
  private boolean dirty;
  private boolean condemned;
  private boolean named;
  private boolean damaged;

  Segment(SegmentHeader header, SegmentKeys keys, Path path, FileChannel channel) {
    this.header = header;
    this.keys = keys;
    this.path = path;
    this.channel = channel;
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

  Path path() {
    return path;
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
    int start = target.position();
    uninterrupted(
        open -> {
          target.position(start);
          long position = (long) blockIndex * Sizes.BLOCK;
          while (target.hasRemaining()) {
            int count = open.read(target, position);
            if (count < 0) {
              throw new EOFException(
                  "segment " + path.getFileName() + " is cut off at " + position);
            }
            position += count;
          }
        });
  }

  void write(ByteBuffer source, int blockIndex) throws IOException {
    int start = source.position();
    uninterrupted(
        open -> {
          source.position(start);
          long position = (long) blockIndex * Sizes.BLOCK;
          while (source.hasRemaining()) {
            position += open.write(source, position);
          }
        });
  }

  /** True once: its name in the directory is not durable before the first force. */
  boolean firstForce() {
    boolean first = !named;
    named = true;
    return first;
  }

  void force() throws IOException {
    uninterrupted(open -> open.force(false));
  }

  private interface Act {
    void on(FileChannel channel) throws IOException;
  }

  /**
   * A file channel closes itself when a thread that uses it is interrupted, for everybody. A
   * command that is hung up must not do that to a guest: the file is opened again and the act
   * repeated.
   */
  private void uninterrupted(Act act) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        FileChannel open = channel();
        try {
          act.on(open);
          return;
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          reopen(open, e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized FileChannel channel() {
    return channel;
  }

  private synchronized void reopen(FileChannel dead, ClosedChannelException why)
      throws IOException {
    if (closed) {
      throw why;
    }
    if (channel == dead) {
      channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
  }

  synchronized void close() throws IOException {
    closed = true;
    channel.close();
    keys.close();
  }
}
