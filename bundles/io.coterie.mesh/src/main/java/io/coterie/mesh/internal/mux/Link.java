package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Clock;
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
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A link to one device: streams multiplexed over one secure channel at a time. It moves to another
 * connection without losing a byte: each side ends the old one with a FENCE and goes on with the
 * new one; each side reads the new one only after the old one's FENCE. When its connection dies it
 * stands still until it goes on over another one, from the last frame that the peer has taken.
 * Thread-safe; one lock.
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
  private final boolean maker;
  private final Clock clock;
  private final Owner owner;
  private final Map<Integer, MuxStream> streams = new LinkedHashMap<>();
  private final Deque<Frame> control = new ArrayDeque<>();
  private final Set<MuxStream> filled = new LinkedHashSet<>();
  private final Delivery delivery = new Delivery();
  private final Route route;
  private int lastStreamId;
  private Offer offered;
  private Offer accepted;
  private boolean ended;
  private long sentBytes;
  private long receivedBytes;
  private long lastHeardMillis;
  private long roundTripMicros = -1;

  /** Who keeps the link. Called without its lock; must not block. */
  public interface Owner {
    /** The peer opened a stream. */
    void opened(Stream stream);

    /** Its connection died; it goes on when it is {@link #resume resumed}. */
    void broken(Link link);

    /** The end, once. */
    void closed(Link link);
  }

  /**
   * Begins with its first connection.
   *
   * @param maker true on the side that dialled: its streams have odd numbers
   */
  public Link(
      DeviceId peer,
      byte[] id,
      boolean maker,
      SecureChannel channel,
      Terms terms,
      Clock clock,
      Owner owner) {
    this.peer = peer;
    this.id = id.clone();
    this.maker = maker;
    this.clock = clock;
    this.owner = owner;
    this.lastHeardMillis = clock.monotonicMillis();
    this.lastStreamId = maker ? -1 : 0;
    this.route = new Route(new Carrier(channel, terms, 1, clock.monotonicMillis()));
  }

  public DeviceId peer() {
    return peer;
  }

  public byte[] id() {
    return id.clone();
  }

  /** True on the side that dialled its first connection. */
  public boolean maker() {
    return maker;
  }

  public synchronized boolean alive() {
    return !ended;
  }

  /** True while no connection carries it. */
  public synchronized boolean broken() {
    return !ended && route.broken();
  }

  public synchronized long generation() {
    return route.sending().generation();
  }

  public synchronized Suite suite() {
    return route.sending().terms().suite();
  }

  /** True when it has one connection and no change is under way. */
  public synchronized boolean settled() {
    return route.settled();
  }

  public synchronized LinkStatus status() {
    Carrier carrier = route.sending();
    return new LinkStatus(
        peer,
        carrier.channel().remote(),
        carrier.channel().transport(),
        carrier.terms().suite(),
        carrier.terms().cipher().label(),
        carrier.generation(),
        clock.monotonicMillis() - carrier.sinceMillis(),
        clock.wallMillis() / 1000 - carrier.terms().peerSessionSeconds(),
        streams.size(),
        sentBytes,
        receivedBytes,
        roundTripMicros,
        route.broken(),
        route.breaks(),
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

  /** Measures the round trip, and says how far this side is. */
  public void ping() {
    synchronized (this) {
      if (ended || route.broken()) {
        return;
      }
      byte[] now = ByteBuffer.allocate(8).putLong(clock.monotonicNanos()).array();
      control.add(Frame.of(FrameType.PING, 0, 0, now));
      delivery.wantAcknowledgement();
    }
    wake();
  }

  // ---- sending

  /** Lets the pump run soon. Cheap; from any thread. */
  void wake() {
    Carrier carrier;
    synchronized (this) {
      if (ended || route.broken()) {
        return;
      }
      carrier = route.sending();
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

  /**
   * Gathers frames for one record: those that go again first, then control, then RPC streams, then
   * bulk streams in turn.
   */
  private synchronized ByteBuffer fillRecord(Carrier carrier) throws IOException {
    if (ended || !route.sendsOn(carrier)) {
      return null;
    }
    if (delivery.overflows()) {
      throw new IOException("the peer acknowledges nothing");
    }
    ByteBuffer record = carrier.emptyRecord();
    if (delivery.acknowledgementDue()) {
      delivery.acknowledgement().encode(record);
    }
    for (Frame f = delivery.again(record.remaining());
        f != null;
        f = delivery.again(record.remaining())) {
      f.encode(record);
    }
    if (!delivery.sendingAgain()) {
      fillNew(record);
    }
    if (record.position() == 0) {
      return null;
    }
    sentBytes += record.position();
    return record.flip();
  }

  private void fillNew(ByteBuffer record) {
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
    for (MuxStream stream : streams.values()) {
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
      streams.remove(stream.id());
      if (!stream.over()) {
        streams.put(stream.id(), stream);
      }
    }
  }

  // ---- receiving

  /** A frame came on a connection. On that connection's event thread. */
  void received(SecureChannel from, Frame frame) throws IOException {
    Route.AfterFence after = null;
    MuxStream accepted = null;
    boolean over = false;
    synchronized (this) {
      if (ended || !route.uses(from)) {
        return; // it was given up while this came
      }
      if (!route.readsFrom(from)) {
        throw new MalformedInputException("a frame before the fence of the connection before");
      }
      lastHeardMillis = clock.monotonicMillis();
      receivedBytes += frame.encodedBytes();
      if (frame.type().delivered()) {
        delivery.received(frame);
      }
      switch (frame.type()) {
        case FENCE -> after = route.fenceReceived(clock.monotonicMillis());
        case HELLO -> throw new MalformedInputException("a second hello");
        case PING -> {
          if (frame.length() != 8 || control.size() > MAX_CONTROL_FRAMES) {
            throw new MalformedInputException("pings without measure");
          }
          control.add(Frame.of(FrameType.PONG, 0, 0, frame.bytes()));
        }
        case PONG -> pong(frame);
        case ACK -> delivery.acknowledged(number(frame));
        case END -> over = true;
        case OPEN -> accepted = accept(frame);
        default -> toStream(frame);
      }
    }
    if (after != null && after.release() != null) {
      SecureChannel fresh = after.release();
      fresh.eventThread().execute(fresh::release);
    }
    if (after != null && after.leave() != null) {
      after.leave().close();
    }
    if (accepted != null) {
      owner.opened(accepted);
    }
    if (over) {
      finish(new IOException("the other device ended the link"), false, null);
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

  private static long number(Frame frame) throws MalformedInputException {
    if (frame.length() != Long.BYTES) {
      throw new MalformedInputException(frame.type() + " of " + frame.length() + " bytes");
    }
    return ByteBuffer.wrap(frame.bytes()).getLong();
  }

  private void pong(Frame frame) throws IOException {
    roundTripMicros = Math.max(0, (clock.monotonicNanos() - number(frame)) / 1000);
  }

  private MuxStream accept(Frame frame) throws IOException {
    boolean theirs = (frame.stream() & 1) == (maker ? 0 : 1);
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
    return !ended && route.propose();
  }

  /** The offer of this side came to its end, whatever it was. */
  public synchronized void proposalOver() {
    route.proposalOver();
  }

  /**
   * The peer offers a connection to move to. It is kept for its confirmation; nothing has moved
   * yet. When both sides offer one at the same time, that of the device which made the link counts.
   */
  public synchronized boolean acceptMove(SecureChannel channel, long generation) {
    return !ended && route.reserve(channel, generation, maker);
  }

  /** An accepted connection ended before it was confirmed. */
  public synchronized void forgetMove(SecureChannel channel) {
    route.forget(channel);
  }

  /**
   * Takes a new connection into use: its handshake and hellos are done. From here on this side
   * sends on the new one; it reads it once the peer's FENCE has ended the old one. On the new
   * connection's event thread.
   */
  public void moveTo(SecureChannel channel, Terms terms, long generation) throws IOException {
    Carrier old;
    synchronized (this) {
      if (ended || !route.canMove(channel, generation)) {
        throw new IOException("the link is not ready for generation " + generation);
      }
      long now = clock.monotonicMillis();
      old = route.move(new Carrier(channel, terms, generation, now), now);
      if (!route.readsFrom(channel)) {
        channel.hold();
      }
    }
    old.execute(() -> fence(old));
    wake();
  }

  private void fence(Carrier old) {
    try {
      send(old, FrameType.FENCE);
      boolean leave;
      synchronized (this) {
        leave = route.fenceSent(old);
      }
      if (leave) {
        old.channel().close();
      }
    } catch (IOException | RuntimeException e) {
      end(new IOException("the fence could not be sent: " + e.getMessage(), e));
    }
  }

  private static void send(Carrier carrier, FrameType last) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Frame.HEADER_BYTES);
    Frame.of(last, 0).encode(bytes);
    carrier.send(bytes.flip());
    carrier.channel().flush();
  }

  // ---- going on after a connection died

  /** A connection of this link ended. An old one may; any other breaks the link. */
  void connectionClosed(SecureChannel channel, Throwable reason) {
    breakWhile(
        () -> route.uses(channel),
        "its connection ended" + (reason == null ? "" : ": " + reason.getMessage()));
  }

  /** Gives up a connection on which nothing was heard for so long. */
  public void breakWhenSilent(long millis) {
    breakWhile(
        () -> clock.monotonicMillis() - lastHeardMillis > millis,
        "nothing was heard for " + millis + " ms");
  }

  /** Gives up both connections of a move that takes longer. */
  public void breakWhenSwitching(long millis) {
    breakWhile(
        () -> route.switchingMillis(clock.monotonicMillis()) > millis,
        "a move took over " + millis + " ms");
  }

  /**
   * Gives up the connections if that is still the case; streams wait until the link goes on over
   * another one.
   */
  private void breakWhile(BooleanSupplier stillSo, String why) {
    List<SecureChannel> left;
    synchronized (this) {
      if (ended || route.broken() || !stillSo.getAsBoolean()) {
        return;
      }
      left = breakOff();
    }
    broke(left, why);
  }

  /** With the lock: what was offered or accepted before is void from now on. */
  private List<SecureChannel> breakOff() {
    offered = null;
    accepted = null;
    return route.breakOff();
  }

  /** Without the lock. */
  private void broke(List<SecureChannel> left, String why) {
    LOG.info("link to {} is broken: {}", peer.shortForm(), why);
    left.forEach(SecureChannel::close);
    owner.broken(this);
  }

  /** The generation that this side offers to go on with. */
  public synchronized long offerGeneration() {
    return route.offerGeneration();
  }

  /** The peer refused an offer because it is further. */
  synchronized void atLeast(long generation) {
    route.atLeast(generation);
  }

  /** Grows whenever anything came through, one way or the other. */
  public synchronized long progress() {
    return delivery.progress();
  }

  /**
   * An offer to go on, of this side or of the peer that this side accepted. It is void as soon as
   * the link went on by another one, or broke again.
   *
   * @param received how many frames of the peer were taken when it was made
   */
  record Offer(long generation, long received) {}

  /**
   * This side's offer to go on is about to be sent.
   *
   * @throws IOException when the link goes on already
   */
  synchronized Offer beginOffer(long generation) throws IOException {
    if (ended || !route.broken()) {
      throw new IOException("the link goes on already");
    }
    offered = new Offer(generation, delivery.received());
    return offered;
  }

  /** It came to its end, whatever it was. */
  synchronized void offerOver(Offer offer) {
    if (offered == offer) {
      offered = null;
    }
  }

  /**
   * The peer's connection died and it offers another one. Whatever this side believed, it reads the
   * old connections no further. When both sides offer one at the same time, that of the device
   * which made the link counts.
   *
   * @param peerReceived how many frames the peer says that it has taken
   * @return null when not now
   * @throws MalformedInputException when the peer counts more than was sent; the link ends
   */
  Offer acceptResume(long generation, long peerReceived) throws MalformedInputException {
    List<SecureChannel> left = List.of();
    Offer made = null;
    boolean invented;
    synchronized (this) {
      invented = !ended && delivery.invented(peerReceived);
      boolean possible =
          !ended
              && generation > route.sending().generation()
              && !(maker && offered != null)
              && delivery.possible(peerReceived);
      if (possible) {
        left = breakOff();
        made = new Offer(generation, delivery.received());
        accepted = made;
      }
    }
    if (invented) {
      MalformedInputException lie =
          new MalformedInputException(peerReceived + " frames taken, more than were sent");
      end(lie);
      throw lie;
    }
    if (!left.isEmpty()) {
      broke(left, "the other device lost its connection");
    }
    return made;
  }

  /**
   * Goes on over a new connection: its handshake and hellos are done. On its event thread.
   *
   * @param offer that both sides agreed on
   * @param peerReceived how many frames the peer has taken; what it lacks is sent again
   */
  void resume(SecureChannel channel, Terms terms, Offer offer, long peerReceived)
      throws IOException {
    synchronized (this) {
      boolean valid =
          !ended
              && route.broken()
              && (offer == offered || offer == accepted)
              && offer.received() == delivery.received()
              && offer.generation() > route.sending().generation();
      if (!valid) {
        throw new IOException("the link does not wait for generation " + offer.generation());
      }
      delivery.resume(peerReceived);
      long now = clock.monotonicMillis();
      lastHeardMillis = now;
      route.resume(new Carrier(channel, terms, offer.generation(), now));
      offered = null;
      accepted = null;
    }
    LOG.info("link to {} goes on, connection {}", peer.shortForm(), offer.generation());
    wake();
  }

  // ---- the end

  /** Ends the link and every stream on it, and tells the peer. Idempotent. */
  public void end(IOException reason) {
    finish(reason, true, null);
  }

  /** Ends it on the event thread of a connection: what that is told goes out before it closes. */
  void endHere(IOException reason, SecureChannel here) {
    finish(reason, true, here);
  }

  private void finish(IOException reason, boolean tell, SecureChannel here) {
    Collection<MuxStream> open;
    List<SecureChannel> connections;
    Carrier last;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      open = new ArrayList<>(streams.values());
      streams.clear();
      control.clear();
      delivery.clear();
      last = tell && !route.broken() ? route.sending() : null;
      connections = route.broken() ? List.of() : route.connections();
    }
    LOG.info("link to {} ends: {}", peer.shortForm(), reason.getMessage());
    try {
      open.forEach(stream -> stream.fail(reason));
      if (last != null && last.channel() == here) {
        farewell(last);
      } else if (last != null) {
        last.execute(() -> farewell(last));
      }
      connections.forEach(SecureChannel::close);
    } finally {
      owner.closed(this);
    }
  }

  /** Without it the peer would try to go on. */
  private void farewell(Carrier carrier) {
    try {
      send(carrier, FrameType.END);
    } catch (IOException | RuntimeException e) {
      LOG.debug("the peer was not told of the end", e);
    }
  }
}
