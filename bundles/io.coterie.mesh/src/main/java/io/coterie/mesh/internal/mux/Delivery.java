package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Counts the frames of a link's streams in both directions and keeps those that the peer has not
 * acknowledged, so that a link whose connection died goes on over another one with nothing lost,
 * doubled or out of order. Guarded by the link's lock.
 */
final class Delivery {
  /** What may be on its way unacknowledged; more data waits. Twice as much ends the link. */
  static final int MAX_UNACKNOWLEDGED_BYTES = 8 * 1024 * 1024;

  static final int ACKNOWLEDGE_EVERY_BYTES = 256 * 1024;

  /** What a kept frame costs besides its bytes. */
  private static final int OVERHEAD_BYTES = 64;

  private final Deque<Frame> unacknowledged = new ArrayDeque<>();
  private Deque<Frame> again = new ArrayDeque<>();
  private long sent;
  private long acknowledged;
  private long keptBytes;
  private long received;
  private int receivedBytes;
  private boolean acknowledgementWanted;

  private static int cost(Frame frame) {
    return frame.encodedBytes() + OVERHEAD_BYTES;
  }

  /** A frame of a stream goes out for the first time. */
  void sent(Frame frame) {
    sent++;
    unacknowledged.add(frame);
    keptBytes += cost(frame);
  }

  /** True while nothing new may be sent. */
  boolean full() {
    return keptBytes >= MAX_UNACKNOWLEDGED_BYTES;
  }

  /**
   * True when the peer takes and takes and acknowledges nothing: control frames, which nothing
   * holds back, have filled as much again.
   */
  boolean overflows() {
    return keptBytes >= 2L * MAX_UNACKNOWLEDGED_BYTES;
  }

  /** True while frames must be sent again before new ones. */
  boolean sendingAgain() {
    return !again.isEmpty();
  }

  /** The next frame to send again if it fits, or null. */
  Frame again(int roomBytes) {
    Frame next = again.peek();
    return next == null || next.encodedBytes() > roomBytes ? null : again.remove();
  }

  /** The peer has taken so many frames since the link began. */
  void acknowledged(long count) throws MalformedInputException {
    if (!possible(count)) {
      throw new MalformedInputException(
          count + " frames acknowledged, sent " + sent + ", before " + acknowledged);
    }
    while (acknowledged < count) {
      keptBytes -= cost(unacknowledged.remove());
      acknowledged++;
    }
  }

  /** Whether the peer can have taken so many: not more than were sent, not fewer than it said. */
  boolean possible(long peerReceived) {
    return peerReceived >= acknowledged && peerReceived <= sent;
  }

  /** More than was ever sent: no honest peer says so. */
  boolean invented(long peerReceived) {
    return peerReceived > sent;
  }

  /** Grows whenever anything came through, one way or the other. */
  long progress() {
    return acknowledged + received;
  }

  /** On a new connection everything goes again that the peer has not taken. */
  void resume(long peerReceived) throws MalformedInputException {
    acknowledged(peerReceived);
    again = new ArrayDeque<>(unacknowledged);
  }

  /** A frame of a stream came. */
  void received(Frame frame) {
    received++;
    receivedBytes += cost(frame);
  }

  /** How many came since the link began. */
  long received() {
    return received;
  }

  /** True when the peer should hear how far this side is. */
  boolean acknowledgementDue() {
    return acknowledgementWanted || receivedBytes >= ACKNOWLEDGE_EVERY_BYTES;
  }

  /**
   * The next record shall carry one. It never waits in a queue, or a newer one would overtake it.
   */
  void wantAcknowledgement() {
    acknowledgementWanted = true;
  }

  Frame acknowledgement() {
    receivedBytes = 0;
    acknowledgementWanted = false;
    return Frame.of(FrameType.ACK, 0, 0, ByteBuffer.allocate(Long.BYTES).putLong(received).array());
  }

  void clear() {
    unacknowledged.clear();
    again.clear();
    keptBytes = 0;
  }
}
