package io.coterie.volume.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of the file system. A file channel closes itself when a thread that uses it is
 * interrupted, for everybody. A command that is hung up must not do that to a guest: the file is
 * opened again and the act repeated.
 */
final class DiskFile implements StoredFile {
  private final Path path;
  private FileChannel channel;
  private boolean closed;

  DiskFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static DiskFile open(Path path) throws IOException {
    return new DiskFile(path, channelOf(path));
  }

  private static FileChannel channelOf(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    int start = target.position();
    return uninterrupted(
        open -> {
          target.position(start);
          return open.read(target, position);
        });
  }

  @Override
  public void write(ByteBuffer source, long position) throws IOException {
    int start = source.position();
    uninterrupted(
        open -> {
          source.position(start);
          long at = position;
          while (source.hasRemaining()) {
            at += open.write(source, at);
          }
          return null;
        });
  }

  @Override
  public void force() throws IOException {
    uninterrupted(
        open -> {
          open.force(false);
          return null;
        });
  }

  private interface Act<R> {
    R on(FileChannel channel) throws IOException;
  }

  private <R> R uninterrupted(Act<R> act) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        FileChannel open = channel();
        try {
          return act.on(open);
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
      channel = channelOf(path);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    channel.close();
  }
}
