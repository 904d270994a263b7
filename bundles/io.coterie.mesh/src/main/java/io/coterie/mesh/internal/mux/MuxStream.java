package io.coterie.mesh.internal.mux;

import io.coterie.base.seam.Clock;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * One stream of a link. The link calls the package-private methods while it holds its own lock;
 * callers of the public ones may block. Lock order: link, then stream.
 */
final class MuxStream implements Stream {
  static final int BULK_WINDOW_BYTES = 1024 * 1024;
  static final int RPC_WINDOW_BYTES = 64 * 1024;
  private static final int SEND_QUEUE_BYTES = 256 * 1024;

  private final Link link;
  private final int id;
  private final String service;
  private final StreamClass streamClass;
  private final Clock clock;
  private final Queue<Frame> received = new ArrayDeque<>();
  private final Queue<byte[]> toSend = new ArrayDeque<>();
  private byte[] reading = new byte[0];
  private int readingAt;
  private int readingEnd;
  private int sendingAt;
  private long queuedBytes;
  private long sendCredit;
  private long receiveWindow;
  private long consumedSinceCredit;
  private boolean opened;
  private boolean finishRequested;
  private boolean finishSent;
  private boolean peerFinished;
  private IOException failure;

  MuxStream(Link link, int id, String service, StreamClass streamClass, Clock clock) {
    this.link = link;
    this.id = id;
    this.service = service;
    this.streamClass = streamClass;
    this.clock = clock;
    this.receiveWindow = window();
    this.sendCredit = window();
  }

  private int window() {
    return streamClass == StreamClass.RPC ? RPC_WINDOW_BYTES : BULK_WINDOW_BYTES;
  }

  int id() {
    return id;
  }

  StreamClass streamClass() {
    return streamClass;
  }

  @Override
  public DeviceId peer() {
    return link.peer();
  }

  @Override
  public String service() {
    return service;
  }

  // ---- called by the link

  synchronized void opened() {
    opened = true;
    notifyAll();
  }

  /** Data from the peer; false when it sent more than it had credit for. */
  synchronized boolean arrived(Frame data) {
    if (data.length() > receiveWindow || peerFinished) {
      return false;
    }
    receiveWindow -= data.length();
    if (failure == null) {
      received.add(data);
    }
    return true;
  }

  /** Wakes the reader, once for all that came together. */
  synchronized void wakeReader() {
    notifyAll();
  }

  /** More credit from the peer; false when it overflows. */
  synchronized boolean credited(int bytes) {
    sendCredit += bytes;
    return bytes > 0 && sendCredit <= 2L * BULK_WINDOW_BYTES;
  }

  synchronized void peerFinished() {
    peerFinished = true;
    notifyAll();
  }

  synchronized void fail(IOException reason) {
    if (failure == null) {
      failure = reason;
      toSend.clear();
      queuedBytes = 0;
      notifyAll();
    }
  }

  /** The next frame to send, at most so many payload bytes; null when there is none now. */
  synchronized Frame next(int maxPayload) {
    byte[] head = toSend.peek();
    if (head != null) {
      int part = (int) Math.min(Math.min(head.length - sendingAt, maxPayload), sendCredit);
      if (part <= 0) {
        return null;
      }
      Frame frame = new Frame(FrameType.DATA, 0, id, 0, head, sendingAt, part);
      sendingAt += part;
      sendCredit -= part;
      queuedBytes -= part;
      if (sendingAt == head.length) {
        toSend.remove();
        sendingAt = 0;
      }
      // A writer that waits is woken for a good piece of work, not for each frame.
      if (queuedBytes <= SEND_QUEUE_BYTES / 2) {
        notifyAll();
      }
      return frame;
    }
    if (finishRequested && !finishSent && failure == null) {
      finishSent = true;
      return Frame.of(FrameType.FIN, id);
    }
    return null;
  }

  /** Bytes that can be read without waiting; -1 once all were read and the peer finished. */
  synchronized int readable() {
    int bytes = readingEnd - readingAt;
    for (Frame part : received) {
      bytes += part.length();
    }
    return bytes == 0 && peerFinished ? -1 : bytes;
  }

  /** Bytes that can be written without waiting. */
  synchronized int writable() {
    return failure != null ? 0 : (int) (SEND_QUEUE_BYTES - queuedBytes);
  }

  /** Why it ended early, or null. */
  synchronized IOException failure() {
    return failure;
  }

  /** True once both directions ended and nothing is left to do. */
  synchronized boolean over() {
    return failure != null || (finishSent && peerFinished);
  }

  // ---- called by its users

  void awaitOpened(long timeoutMillis) throws IOException {
    synchronized (this) {
      long end = clock.monotonicMillis() + timeoutMillis;
      while (!opened && failure == null) {
        pause(end, timeoutMillis, "the peer to accept stream " + service);
      }
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
    }
  }

  @Override
  public int read(byte[] target, int offset, int lengthBytes, long timeoutMillis)
      throws IOException {
    int part;
    int credit = 0;
    synchronized (this) {
      long end = clock.monotonicMillis() + timeoutMillis;
      while (readingAt == readingEnd) {
        Frame next = received.poll();
        if (next != null) {
          reading = next.payload();
          readingAt = next.from();
          readingEnd = next.from() + next.length();
        } else if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        } else if (peerFinished) {
          return -1;
        } else {
          pause(timeoutMillis == 0 ? 0 : end, timeoutMillis, "bytes of stream " + service);
        }
      }
      part = Math.min(lengthBytes, readingEnd - readingAt);
      System.arraycopy(reading, readingAt, target, offset, part);
      readingAt += part;
      consumedSinceCredit += part;
      if (consumedSinceCredit >= window() / 2 && !peerFinished) {
        credit = (int) consumedSinceCredit;
        receiveWindow += credit;
        consumedSinceCredit = 0;
      }
    }
    if (credit > 0) {
      link.sendCredit(this, credit);
    }
    return part;
  }

  @Override
  public void write(byte[] source, int offset, int lengthBytes, long timeoutMillis)
      throws IOException {
    int done = 0;
    long end = clock.monotonicMillis() + timeoutMillis;
    while (done < lengthBytes) {
      synchronized (this) {
        int part = Math.min(lengthBytes - done, Frame.MAX_PAYLOAD_BYTES);
        while (failure == null && queuedBytes + part > SEND_QUEUE_BYTES) {
          pause(timeoutMillis == 0 ? 0 : end, timeoutMillis, "credit of stream " + service);
        }
        if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        }
        if (finishRequested) {
          throw new IOException("the stream was finished");
        }
        // As many frames as there is room for, and the link is woken once for all.
        while (part > 0 && queuedBytes + part <= SEND_QUEUE_BYTES) {
          byte[] copy = new byte[part];
          System.arraycopy(source, offset + done, copy, 0, part);
          toSend.add(copy);
          queuedBytes += part;
          done += part;
          part = Math.min(lengthBytes - done, Frame.MAX_PAYLOAD_BYTES);
        }
      }
      link.wake();
    }
  }

  private void pause(long end, long timeoutMillis, String what) throws IOException {
    long left = end == 0 ? 0 : end - clock.monotonicMillis();
    if (end != 0 && left <= 0) {
      throw new SocketTimeoutException("waited " + timeoutMillis + " ms for " + what);
    }
    try {
      wait(left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for " + what, e);
    }
  }

  @Override
  public void finish() throws IOException {
    synchronized (this) {
      finishRequested = true;
    }
    link.wake();
  }

  @Override
  public void reset() {
    link.reset(this, "the stream was reset here");
  }

  @Override
  public void close() {
    boolean graceful;
    synchronized (this) {
      finishRequested = true;
      graceful = peerFinished;
    }
    if (graceful) {
      link.wake();
    } else {
      reset();
    }
  }
}
