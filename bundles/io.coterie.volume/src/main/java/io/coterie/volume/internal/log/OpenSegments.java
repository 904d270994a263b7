package io.coterie.volume.internal.log;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.memory.LongMap;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/**
 * The segment files that are open: those in use, and of the others the last used ones. Thread-safe.
 */
public final class OpenSegments {
  private static final int KEPT_OPEN = 128;

  private final SegmentFiles files;
  private final LongMap<Segment> open = new LongMap<>();
  private long tick;
  private boolean closed;

  public OpenSegments(SegmentFiles files) {
    this.files = files;
  }

  /**
   * A segment to use until it is given back.
   *
   * @throws DamagedBlockException when its file is missing or its header does not authenticate
   */
  public synchronized Segment acquire(long id) throws IOException {
    if (closed) {
      throw new IOException("the volume is closed");
    }
    Segment segment = open.get(id);
    if (segment == null) {
      segment = load(id);
      makeRoom();
      open.put(id, segment);
    }
    segment.users++;
    segment.lastUse = ++tick;
    return segment;
  }

  private Segment load(long id) throws IOException {
    try {
      return files.open(id);
    } catch (NoSuchFileException e) {
      throw new DamagedBlockException("segment " + SegmentFiles.name(id) + " is missing");
    } catch (MalformedInputException e) {
      throw new DamagedBlockException(
          "segment " + SegmentFiles.name(id) + " is damaged: " + e.getMessage());
    }
  }

  public synchronized void release(Segment segment) throws IOException {
    segment.users--;
    if (segment.users == 0 && segment.forgotten) {
      segment.close();
    }
  }

  /** One more user of a segment that has one already. */
  synchronized void share(Segment segment) {
    segment.users++;
  }

  /** Takes a segment in that was just made, with one user. */
  synchronized void add(Segment fresh) throws IOException {
    makeRoom();
    open.put(fresh.id(), fresh);
    fresh.users++;
    fresh.lastUse = ++tick;
  }

  private void makeRoom() throws IOException {
    if (open.size() < KEPT_OPEN) {
      return;
    }
    Segment[] oldest = new Segment[1];
    open.forEach(
        segment -> {
          boolean older = oldest[0] == null || segment.lastUse < oldest[0].lastUse;
          if (segment.users == 0 && older) {
            oldest[0] = segment;
          }
        });
    if (oldest[0] != null) {
      open.remove(oldest[0].id());
      oldest[0].close();
    }
  }

  /** The file of this number is going to be another, or none. */
  public synchronized void forget(long id) throws IOException {
    Segment segment = open.remove(id);
    if (segment == null) {
      return;
    }
    segment.forgotten = true;
    if (segment.users == 0) {
      segment.close();
    }
  }

  /** Closes all; those in use when they are given back. */
  public synchronized void close() throws IOException {
    closed = true;
    IOException[] failure = new IOException[1];
    open.forEach(
        segment -> {
          segment.forgotten = true;
          try {
            if (segment.users == 0) {
              segment.close();
            }
          } catch (IOException e) {
            failure[0] = e;
          }
        });
    open.clear();
    if (failure[0] != null) {
      throw failure[0];
    }
  }
}
