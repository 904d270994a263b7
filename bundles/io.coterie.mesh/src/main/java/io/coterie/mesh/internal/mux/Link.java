package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A link to one device: streams multiplexed over one secure channel at a time. It moves to another
 * connection without losing a byte: each side ends the old one with a FENCE and goes on with the
 * new one; each side reads the new one only after the old one's FENCE. Thread-safe; one lock.
 */
public final class Link {
  static final int MAX_STREAMS = 128;
  private static final int MAX_SERVICE_BYTES = 64;
  private static final int RPC_FLAG = 1;
  private static final int MAX_CONTROL_FRAMES = 4 * MAX_STREAMS;
  private static final int ROUNDS_BEFORE_YIELD = 32;
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);

  private final DeviceId peer;
  private final byte[] id;
  private final boolean dialler;
  private final Clock clock;
  private final Consumer<Stream> incoming;
  private final Consumer<Link> closed;
  private final Map<Integer, MuxStream> streams = new LinkedHashMap<>();
  private final Deque<Frame> control = new ArrayDeque<>();
  private final Set<MuxStream> filled = new LinkedHashSet<>();
  private Carrier sending;
  private Carrier receiving;
  private Carrier next;
  private SecureChannel reserved;
  private boolean proposed;
  private long switchStartedMillis;
  private int lastStreamId;
  private boolean ended;
  private long sentBytes;
  private long receivedBytes;
  private long lastHeardMillis;
  private long roundTripMicros = -1;

  /**
   * Begins with its first connection.
   *
   * @param dialler true on the side that dialled: its streams have odd numbers
   * @param incoming takes streams that the peer opened; must not block
   * @param closed hears the end, once
   */
  public Link(
      DeviceId peer,
      byte[] id,
      boolean dialler,
      SecureChannel channel,
      Suite suite,
      LinkCipher cipher,
      Clock clock,
      Consumer<Stream> incoming,
      Consumer<Link> closed) {
    this.peer = peer;
    this.id = id.clone();
    this.dialler = dialler;
    this.clock = clock;
    this.incoming = incoming;
    this.closed = closed;
    this.lastHeardMillis = clock.monotonicMillis();
    this.lastStreamId = dialler ? -1 : 0;
    this.sending = new Carrier(channel, suite, cipher, 1, clock.monotonicMillis());
    this.receiving = sending;
  }

  public DeviceId peer() {
    return peer;
  }

  public byte[] id() {
    return id.clone();
  }

  public synchronized boolean alive() {
    return !ended;
  }

  public synchronized long generation() {
    return sending.generation();
  }

  public synchronized Suite suite() {
    return sending.suite();
  }

  /** True when no change of connection is under way. */
  public synchronized boolean settled() {
    return reserved == null && next == null && sending == receiving && !receiving.fenceReceived();
  }

  public synchronized LinkStatus status() {
    return new LinkStatus(
        peer,
        sending.channel().remote(),
        sending.suite(),
        sending.cipher().label(),
        sending.generation(),
        clock.monotonicMillis() - sending.sinceMillis(),
        streams.size(),
        sentBytes,
        receivedBytes,
        roundTripMicros,
        HexFormat.of().formatHex(id));
  }

  // ---- streams

  /** Opens a stream and waits until the peer accepted it. */
  public Stream open(String service, StreamClass streamClass, long timeoutMillis)
      throws IOException {
    MuxStream stream = begin(service, streamClass);
    try {
      stream.awaitOpened(timeoutMillis);
    } catch (IOException e) {
      stream.reset();
      throw e;
    }
    return stream;
  }

  /** Asks the peer for a stream. */
  MuxStream begin(String service, StreamClass streamClass) throws IOException {
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    MuxStream stream;
    synchronized (this) {
      if (ended) {
        throw new IOException("the link to " + peer.shortForm() + " has ended");
      }
      if (streams.size() >= MAX_STREAMS) {
        throw new IOException(MAX_STREAMS + " streams are open on this link");
      }
      lastStreamId += 2;
      stream = new MuxStream(this, lastStreamId, service, streamClass, clock);
      streams.put(stream.id(), stream);
      int flags = streamClass == StreamClass.RPC ? RPC_FLAG : 0;
      control.add(Frame.of(FrameType.OPEN, flags, stream.id(), name));
    }
    wake();
    return stream;
  }

  void sendCredit(MuxStream stream, int bytes) {
    synchronized (this) {
      if (ended || !streams.containsKey(stream.id())) {
        return;
      }
      control.add(Frame.of(FrameType.CREDIT, stream.id(), bytes));
    }
    wake();
  }

  void reset(MuxStream stream, String reason) {
    stream.fail(new IOException(reason));
    synchronized (this) {
      if (streams.remove(stream.id()) == null || ended) {
        return;
      }
      control.add(Frame.of(FrameType.RESET, stream.id()));
    }
    wake();
  }

  /** Measures the round trip. */
  public void ping() {
    synchronized (this) {
      byte[] now = ByteBuffer.allocate(8).putLong(clock.monotonicNanos()).array();
      control.add(Frame.of(FrameType.PING, 0, 0, now));
    }
    wake();
  }

  /** Milliseconds since the peer was last heard. */
  public synchronized long silenceMillis() {
    return clock.monotonicMillis() - lastHeardMillis;
  }

  // ---- sending

  /** Lets the pump run soon. Cheap; from any thread. */
  void wake() {
    Carrier carrier;
    synchronized (this) {
      if (ended) {
        return;
      }
      carrier = sending;
    }
    carrier.schedule(() -> pump(carrier));
  }

  /** Called when the transport takes bytes again. */
  public void writable() {
    wake();
  }

  private void pump(Carrier carrier) {
    try {
      for (int round = 0; round < ROUNDS_BEFORE_YIELD; round++) {
        if (!carrier.writable()) {
          carrier.channel().flush();
          if (!carrier.writable()) {
            return; // the transport will say when it goes on
          }
        }
        ByteBuffer record = fillRecord(carrier);
        if (record == null) {
          carrier.channel().flush();
          return;
        }
        carrier.send(record);
      }
      carrier.channel().flush();
      wake(); // other connections of this thread get their turn
    } catch (IOException | RuntimeException e) {
      end(new IOException("sending failed: " + e.getMessage(), e));
    }
  }

  /** Gathers frames for one record: control first, then RPC streams, then bulk streams in turn. */
  private synchronized ByteBuffer fillRecord(Carrier carrier) {
    if (ended || carrier != sending) {
      return null;
    }
    ByteBuffer record = carrier.emptyRecord();
    while (!control.isEmpty() && control.peek().encodedBytes() <= record.remaining()) {
      control.remove().encode(record);
    }
    if (control.isEmpty()) {
      fill(record, StreamClass.RPC);
      fill(record, StreamClass.BULK);
    }
    if (record.position() == 0) {
      return null;
    }
    sentBytes += record.position();
    return record.flip();
  }

  private void fill(ByteBuffer record, StreamClass streamClass) {
    List<MuxStream> served = new ArrayList<>();
    for (MuxStream stream : streams.values()) {
      if (stream.streamClass() != streamClass) {
        continue;
      }
      int room = record.remaining() - Frame.HEADER_BYTES;
      if (room <= 0) {
        break;
      }
      Frame frame = stream.next(room);
      if (frame != null) {
        frame.encode(record);
        served.add(stream);
      }
    }
    // Who was served goes to the end, so that streams of one class share the link in turn.
    for (MuxStream stream : served) {
      streams.remove(stream.id());
      if (!stream.over()) {
        streams.put(stream.id(), stream);
      }
    }
  }

  // ---- receiving

  /** A frame came on a connection of this link. On that connection's event thread. */
  void received(SecureChannel from, Frame frame) throws IOException {
    Carrier resume = null;
    Carrier leave = null;
    MuxStream accepted = null;
    synchronized (this) {
      lastHeardMillis = clock.monotonicMillis();
      receivedBytes += frame.encodedBytes();
      if (receiving.channel() != from) {
        throw new MalformedInputException("a frame before the fence of the connection before");
      }
      switch (frame.type()) {
        case FENCE -> {
          receiving.setFenceReceived();
          if (next == null) {
            // The peer was quicker: its answer on the new connection is still on its way here.
            switchStartedMillis = clock.monotonicMillis();
          } else {
            leave = receiving.fenceSent() ? receiving : null;
            receiving = next;
            resume = next;
            next = null;
          }
        }
        case HELLO -> throw new MalformedInputException("a second hello");
        case PING -> {
          if (frame.length() != 8 || control.size() > MAX_CONTROL_FRAMES) {
            throw new MalformedInputException("pings without measure");
          }
          control.add(Frame.of(FrameType.PONG, 0, 0, frame.bytes()));
        }
        case PONG -> pong(frame);
        case OPEN -> accepted = accept(frame);
        default -> toStream(frame);
      }
    }
    if (resume != null) {
      Carrier fresh = resume;
      fresh.channel().eventThread().execute(fresh.channel()::release);
    }
    if (leave != null) {
      leave.channel().close();
    }
    if (accepted != null) {
      incoming.accept(accepted);
    }
    wake();
  }

  /** What came in one go was handed over: readers are woken now. */
  void receivedAll() {
    List<MuxStream> awake;
    synchronized (this) {
      if (filled.isEmpty()) {
        return;
      }
      awake = List.copyOf(filled);
      filled.clear();
    }
    awake.forEach(MuxStream::wakeReader);
  }

  private void pong(Frame frame) throws IOException {
    if (frame.length() != 8) {
      throw new MalformedInputException("a pong of " + frame.length() + " bytes");
    }
    long sent = ByteBuffer.wrap(frame.bytes()).getLong();
    roundTripMicros = Math.max(0, (clock.monotonicNanos() - sent) / 1000);
  }

  private MuxStream accept(Frame frame) throws IOException {
    boolean theirs = (frame.stream() & 1) == (dialler ? 0 : 1);
    if (!theirs
        || frame.stream() <= 0
        || frame.length() == 0
        || frame.length() > MAX_SERVICE_BYTES
        || streams.containsKey(frame.stream())) {
      throw new MalformedInputException("stream " + frame.stream() + " cannot be opened");
    }
    if (streams.size() >= MAX_STREAMS) {
      control.add(Frame.of(FrameType.RESET, frame.stream()));
      return null;
    }
    String service = new String(frame.bytes(), StandardCharsets.UTF_8);
    StreamClass streamClass = (frame.flags() & RPC_FLAG) != 0 ? StreamClass.RPC : StreamClass.BULK;
    MuxStream stream = new MuxStream(this, frame.stream(), service, streamClass, clock);
    stream.opened();
    streams.put(stream.id(), stream);
    control.add(Frame.of(FrameType.OPENED, stream.id()));
    return stream;
  }

  private void toStream(Frame frame) throws IOException {
    MuxStream stream = streams.get(frame.stream());
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
      streams.remove(stream.id());
    }
  }

  // ---- moving to another connection

  /** This side is about to offer another connection. False while a change is under way. */
  public synchronized boolean proposeMove() {
    if (ended || proposed || !settled()) {
      return false;
    }
    proposed = true;
    return true;
  }

  /** The offer of this side came to its end, whatever it was. */
  public synchronized void proposalOver() {
    proposed = false;
  }

  /**
   * The peer offers a connection to move to. It is kept for its confirmation; nothing has moved
   * yet. When both sides offer one at the same time, that of the device which made the link counts.
   */
  public synchronized boolean acceptMove(SecureChannel channel, long generation) {
    boolean possible =
        !ended && settled() && generation == sending.generation() + 1 && !(proposed && dialler);
    if (possible) {
      reserved = channel;
    }
    return possible;
  }

  /** An accepted connection ended before it was confirmed. */
  public synchronized void forgetMove(SecureChannel channel) {
    if (reserved == channel) {
      reserved = null;
    }
  }

  /**
   * Takes a new connection into use: its handshake and hellos are done. From here on this side
   * sends on it, and reads it after the fence of the one before. On the event thread of the new
   * connection.
   */
  public void moveTo(SecureChannel channel, Suite suite, LinkCipher cipher, long generation)
      throws IOException {
    Carrier old;
    synchronized (this) {
      boolean taken = reserved != null && reserved != channel;
      boolean switching = next != null || sending != receiving;
      if (ended || taken || switching || generation != sending.generation() + 1) {
        throw new IOException("the link is not ready for generation " + generation);
      }
      reserved = null;
      old = sending;
      next = new Carrier(channel, suite, cipher, generation, clock.monotonicMillis());
      sending = next;
      switchStartedMillis = clock.monotonicMillis();
      if (old.fenceReceived()) {
        receiving = next;
        next = null;
      } else {
        channel.hold();
      }
    }
    old.channel()
        .eventThread()
        .execute(
            () -> {
              try {
                ByteBuffer fence = ByteBuffer.allocate(Frame.HEADER_BYTES);
                Frame.of(FrameType.FENCE, 0).encode(fence);
                old.send(fence.flip());
                old.channel().flush();
                fenceSent(old);
              } catch (IOException | RuntimeException e) {
                end(new IOException("the fence could not be sent: " + e.getMessage(), e));
              }
            });
    wake();
  }

  private void fenceSent(Carrier old) {
    boolean leave;
    synchronized (this) {
      old.setFenceSent();
      leave = old.fenceReceived();
    }
    if (leave) {
      old.channel().close();
    }
  }

  /** How long a change of connection has been under way, or 0. */
  public synchronized long switchingMillis() {
    boolean switching = next != null || receiving.fenceReceived();
    return switching ? clock.monotonicMillis() - switchStartedMillis : 0;
  }

  /** A connection of this link ended. An old one may; any other takes the link with it. */
  void connectionClosed(SecureChannel channel, Throwable reason) {
    synchronized (this) {
      boolean inUse =
          sending.channel() == channel
              || receiving.channel() == channel
              || (next != null && next.channel() == channel);
      if (!inUse) {
        return;
      }
    }
    end(
        new IOException(
            "the connection to "
                + peer.shortForm()
                + " ended"
                + (reason == null ? "" : ": " + reason.getMessage()),
            reason));
  }

  /** Ends the link and every stream on it. Idempotent. */
  public void end(IOException reason) {
    Collection<MuxStream> open;
    List<SecureChannel> connections = new ArrayList<>();
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      open = new ArrayList<>(streams.values());
      streams.clear();
      control.clear();
      connections.add(sending.channel());
      connections.add(receiving.channel());
      if (next != null) {
        connections.add(next.channel());
      }
    }
    LOG.info("link to {} ends: {}", peer.shortForm(), reason.getMessage());
    open.forEach(stream -> stream.fail(reason));
    connections.forEach(SecureChannel::close);
    closed.accept(this);
  }
}
