package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Clock;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The open streams of a link, and what they have to say: control frames first, then RPC streams,
 * then bulk streams in turn. Guarded by the link's lock; wakes nobody who waits for data.
 */
final class Streams {
  static final int MAX_STREAMS = 128;
  private static final int MAX_SERVICE_BYTES = 64;
  private static final int MAX_CONTROL_FRAMES = 4 * MAX_STREAMS;
  private static final int RPC_FLAG = 1;

  private final Link link;
  private final Clock clock;
  private final Delivery delivery;
  private final Map<Integer, MuxStream> open = new LinkedHashMap<>();
  private final Deque<Frame> control = new ArrayDeque<>();
  private final Set<MuxStream> filled = new LinkedHashSet<>();
  private int lastId;

  /**
   * None yet.
   *
   * @param delivery hears of every frame that goes out for the first time
   */
  Streams(Link link, Clock clock, Delivery delivery) {
    this.link = link;
    this.clock = clock;
    this.delivery = delivery;
    this.lastId = link.maker() ? -1 : 0;
  }

  int count() {
    return open.size();
  }

  // ---- from this side

  /** Asks the peer for a stream. */
  MuxStream begin(String service, StreamClass streamClass) throws IOException {
    if (open.size() >= MAX_STREAMS) {
      throw new IOException(MAX_STREAMS + " streams are open on this link");
    }
    lastId += 2;
    MuxStream stream = new MuxStream(link, lastId, service, streamClass, clock);
    open.put(stream.id(), stream);
    int flags = streamClass == StreamClass.RPC ? RPC_FLAG : 0;
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    control.add(Frame.of(FrameType.OPEN, flags, stream.id(), name));
    return stream;
  }

  /** False when the stream is gone. */
  boolean credit(MuxStream stream, int bytes) {
    boolean there = open.containsKey(stream.id());
    if (there) {
      control.add(Frame.of(FrameType.CREDIT, stream.id(), bytes));
    }
    return there;
  }

  /** False when the stream is gone. */
  boolean reset(MuxStream stream) {
    boolean there = open.remove(stream.id()) != null;
    if (there) {
      control.add(Frame.of(FrameType.RESET, stream.id()));
    }
    return there;
  }

  /** Says something that is of no stream. */
  void say(Frame frame) {
    control.add(frame);
  }

  /** Puts as much as fits into a record. */
  void fill(ByteBuffer record) {
    while (!control.isEmpty() && control.peek().encodedBytes() <= record.remaining()) {
      Frame frame = control.remove();
      if (frame.type().delivered()) {
        delivery.sent(frame);
      }
      frame.encode(record);
    }
    if (control.isEmpty()) {
      fill(record, StreamClass.RPC);
      fill(record, StreamClass.BULK);
    }
  }

  private void fill(ByteBuffer record, StreamClass streamClass) {
    List<MuxStream> served = new ArrayList<>();
    for (MuxStream stream : open.values()) {
      if (stream.streamClass() != streamClass) {
        continue;
      }
      int room = record.remaining() - Frame.HEADER_BYTES;
      if (room <= 0 || delivery.full()) {
        break;
      }
      Frame frame = stream.next(room);
      if (frame != null) {
        delivery.sent(frame);
        frame.encode(record);
        served.add(stream);
      }
    }
    // Who was served goes to the end, so that streams of one class share the link in turn.
    for (MuxStream stream : served) {
      open.remove(stream.id());
      if (!stream.over()) {
        open.put(stream.id(), stream);
      }
    }
  }

  // ---- from the peer

  /** The peer asks how long the way is. */
  void pinged(Frame ping) throws MalformedInputException {
    if (ping.length() != Long.BYTES || control.size() > MAX_CONTROL_FRAMES) {
      throw new MalformedInputException("pings without measure");
    }
    control.add(Frame.of(FrameType.PONG, 0, 0, ping.bytes()));
  }

  /** The peer opens a stream; null when there are too many. */
  MuxStream accept(Frame frame) throws MalformedInputException {
    boolean theirs = (frame.stream() & 1) == (link.maker() ? 0 : 1);
    if (!theirs
        || frame.stream() <= 0
        || frame.length() == 0
        || frame.length() > MAX_SERVICE_BYTES
        || open.containsKey(frame.stream())) {
      throw new MalformedInputException("stream " + frame.stream() + " cannot be opened");
    }
    if (open.size() >= MAX_STREAMS) {
      control.add(Frame.of(FrameType.RESET, frame.stream()));
      return null;
    }
    String service = new String(frame.bytes(), StandardCharsets.UTF_8);
    StreamClass streamClass = (frame.flags() & RPC_FLAG) != 0 ? StreamClass.RPC : StreamClass.BULK;
    MuxStream stream = new MuxStream(link, frame.stream(), service, streamClass, clock);
    stream.opened();
    open.put(stream.id(), stream);
    control.add(Frame.of(FrameType.OPENED, stream.id()));
    return stream;
  }

  /** Hands a frame to its stream. */
  void take(Frame frame) throws MalformedInputException {
    MuxStream stream = open.get(frame.stream());
    if (stream == null) {
      return; // it was reset here while the frame was on its way
    }
    boolean good = true;
    switch (frame.type()) {
      case OPENED -> stream.opened();
      case DATA -> {
        good = frame.length() > 0 && stream.arrived(frame);
        filled.add(stream);
      }
      case CREDIT -> good = stream.credited(frame.value());
      case FIN -> stream.peerFinished();
      case RESET -> stream.fail(new IOException("the peer reset stream " + stream.service()));
      default -> good = false;
    }
    if (!good) {
      throw new MalformedInputException(frame.type() + " does not fit stream " + frame.stream());
    }
    if (stream.over()) {
      open.remove(stream.id());
    }
  }

  /** Those that data came for since the last call: their readers are to be woken. */
  List<MuxStream> takeFilled() {
    if (filled.isEmpty()) {
      return List.of();
    }
    List<MuxStream> all = List.copyOf(filled);
    filled.clear();
    return all;
  }

  /** The link has ended; those that were open are to be failed. */
  List<MuxStream> takeAll() {
    List<MuxStream> all = List.copyOf(open.values());
    open.clear();
    control.clear();
    filled.clear();
    return all;
  }
}
