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
import java.util.HexFormat;
import java.util.List;
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
  private static final int ROUNDS_BEFORE_YIELD = 32;
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);

  private final DeviceId peer;
  private final byte[] id;
  private final boolean maker;
  private final Clock clock;
  private final Owner owner;
  private final Delivery delivery = new Delivery();
  private final Streams streams;
  private final Route route;
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
    this.streams = new Streams(this, clock, delivery);
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

  /** The suite by which this side offers to go on. */
  public synchronized Suite resumeSuite() {
    return route.strongestSuite();
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
        streams.count(),
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
    MuxStream stream;
    synchronized (this) {
      if (ended) {
        throw new IOException("the link to " + peer.shortForm() + " has ended");
      }
      stream = streams.begin(service, streamClass);
    }
    wake();
    return stream;
  }

  void sendCredit(MuxStream stream, int bytes) {
    synchronized (this) {
      if (ended || !streams.credit(stream, bytes)) {
        return;
      }
    }
    wake();
  }

  void reset(MuxStream stream, String reason) {
    stream.fail(new IOException(reason));
    synchronized (this) {
      if (ended || !streams.reset(stream)) {
        return;
      }
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
      streams.say(Frame.of(FrameType.PING, 0, 0, now));
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
   * Gathers frames for one record: those that go again first, then what the streams have to say.
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
      streams.fill(record);
    }
    if (record.position() == 0) {
      return null;
    }
    sentBytes += record.position();
    return record.flip();
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
        case PING -> streams.pinged(frame);
        case PONG -> pong(frame);
        case ACK -> delivery.acknowledged(number(frame));
        case END -> over = true;
        case OPEN -> accepted = streams.accept(frame);
        default -> streams.take(frame);
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
      awake = streams.takeFilled();
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
      left = route.breakOff();
    }
    broke(left, why);
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
   * This side's offer to go on is about to be sent.
   *
   * @throws IOException when the link goes on already
   */
  synchronized Route.Offer beginOffer(long generation) throws IOException {
    if (ended || !route.broken()) {
      throw new IOException("the link goes on already");
    }
    return route.offer(generation, delivery.received());
  }

  /** It came to its end, whatever it was. */
  synchronized void offerOver(Route.Offer offer) {
    route.offerOver(offer);
  }

  /**
   * The peer's connection died and it offers another one. Whatever this side believed, it reads the
   * old connections no further. When both sides offer one at the same time, that of the device
   * which made the link counts. By a weaker suite than this side knows the link to have it does not
   * go on: then this side has to dial.
   *
   * @param suite of the new connection
   * @param peerReceived how many frames the peer says that it has taken
   * @return null when not now
   * @throws MalformedInputException when the peer counts more than was sent; the link ends
   */
  Route.Offer acceptResume(Suite suite, long generation, long peerReceived)
      throws MalformedInputException {
    List<SecureChannel> left = List.of();
    Route.Offer made = null;
    boolean invented;
    synchronized (this) {
      invented = !ended && delivery.invented(peerReceived);
      boolean possible =
          !ended && route.canAccept(generation, maker) && delivery.possible(peerReceived);
      if (possible) {
        boolean strong = suite.compareTo(route.strongestSuite()) >= 0;
        left = route.breakOff();
        made = strong ? route.accept(generation, delivery.received()) : null;
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
  void resume(SecureChannel channel, Terms terms, Route.Offer offer, long peerReceived)
      throws IOException {
    synchronized (this) {
      if (ended || !route.canResume(offer, delivery.received(), terms.suite())) {
        throw new IOException("the link does not wait for generation " + offer.generation());
      }
      delivery.resume(peerReceived);
      long now = clock.monotonicMillis();
      lastHeardMillis = now;
      route.resume(new Carrier(channel, terms, offer.generation(), now));
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
    List<MuxStream> open;
    List<SecureChannel> connections;
    Carrier last;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      open = streams.takeAll();
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
