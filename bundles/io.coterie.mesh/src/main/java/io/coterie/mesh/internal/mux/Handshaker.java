package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One connection from its TLS handshake over the hellos into the life of a link. Everything runs on
 * the connection's event thread.
 */
public final class Handshaker implements TlsConnection.Events {
  private static final Set<Integer> OFFERS = Set.of(Hello.OFFER, Hello.RESUME);

  private final Handshakes handshakes;
  private final LinkRegistry registry;
  private final HandshakeWatch watch;
  private final Dial dial;
  private final FrameDecoder decoder = new FrameDecoder();
  private TlsConnection tls;
  private SecureSession session;
  private DeviceId peer;
  private boolean helloDone;
  private Link link;
  private Route.Offer goingOn;
  private Link offered;
  private Hello offer;

  /**
   * What a dialling side wants; null on the accepting side.
   *
   * @param expected the device that must answer
   * @param existing the link that shall come here, or null to make one
   * @param step what to offer for it: {@link Hello#OFFER} or {@link Hello#RESUME}
   * @param result completes with the link, or fails
   */
  public record Dial(
      DeviceId expected,
      byte[] linkId,
      Link existing,
      int step,
      long generation,
      CompletableFuture<Link> result) {
    /** For a new link. */
    public static Dial make(DeviceId expected, byte[] linkId) {
      return new Dial(expected, linkId, null, Hello.OFFER, 1, new CompletableFuture<>());
    }

    /** To move a link in good order. */
    public static Dial move(Link link) {
      return new Dial(
          link.peer(),
          link.id(),
          link,
          Hello.OFFER,
          link.generation() + 1,
          new CompletableFuture<>());
    }

    /** To go on with a link that is broken. */
    public static Dial resume(Link link) {
      return new Dial(
          link.peer(),
          link.id(),
          link,
          Hello.RESUME,
          link.offerGeneration(),
          new CompletableFuture<>());
    }
  }

  private Handshaker(
      Handshakes handshakes, LinkRegistry registry, HandshakeWatch watch, Dial dial) {
    this.handshakes = handshakes;
    this.registry = registry;
    this.watch = watch;
    this.dial = dial;
  }

  /** For a connection that this device makes. */
  public static Handshaker dialling(Handshakes handshakes, LinkRegistry registry, Dial dial) {
    return new Handshaker(handshakes, registry, null, dial);
  }

  /** For a connection that came in. */
  public static Handshaker accepting(
      Handshakes handshakes, LinkRegistry registry, HandshakeWatch watch) {
    return new Handshaker(handshakes, registry, watch, null);
  }

  public void attach(TlsConnection connection) {
    tls = connection;
  }

  @Override
  public void onEstablished(SecureSession established) throws IOException {
    session = established;
    peer = session.peer().id();
    if (dial != null) {
      if (!peer.equals(dial.expected())) {
        throw new IOException("another device answered: " + peer.shortForm());
      }
      if (dial.step() == Hello.RESUME) {
        goingOn = dial.existing().beginOffer(dial.generation());
      }
      long received = goingOn == null ? 0 : goingOn.received();
      send(new Hello(dial.step(), Hello.YES, dial.linkId(), dial.generation(), received));
    }
  }

  private void send(Hello hello) throws IOException {
    Frame frame = hello.frame(handshakes.sign(session, dial != null, hello.text()));
    ByteBuffer out = ByteBuffer.allocate(frame.encodedBytes());
    frame.encode(out);
    tls.send(out.flip());
    tls.flush();
  }

  @Override
  public void onPlain(ByteBuffer data) throws IOException {
    try {
      decoder.decode(data, this::frame);
    } catch (IOException e) {
      if (link != null) {
        link.endHere(e, tls); // who breaks the protocol would do so again on another connection
      }
      throw e;
    }
  }

  private void frame(Frame frame) throws IOException {
    if (link != null) {
      link.received(tls, frame);
      return;
    }
    if (helloDone) {
      confirmed(verified(frame, Set.of(Hello.CONFIRMATION)));
      wipeSeed();
      return;
    }
    Hello hello = verified(frame, dial == null ? OFFERS : Set.of(Hello.ANSWER));
    if (dial == null && !handshakes.trusted(peer)) {
      throw new IOException("device " + peer.shortForm() + " is not trusted here any more");
    }
    helloDone = true;
    if (dial != null) {
      finishDial(hello);
    } else if (hello.step() == Hello.RESUME) {
      answerResume(hello);
    } else {
      answer(hello);
    }
    wipeSeed(); // an accepting side signs once, a dialling one has confirmed by now
  }

  /** Nothing more is signed on this connection. */
  private void wipeSeed() {
    if (session != null) {
      Arrays.fill(session.ed25519Seed(), (byte) 0);
    }
  }

  /** Nothing is done on a connection before the peer's second signature was found good. */
  private Hello verified(Frame frame, Set<Integer> steps) throws IOException {
    Hello hello = Hello.decode(frame);
    boolean good =
        steps.contains(hello.step())
            && handshakes.verify(session, dial == null, hello.text(), Hello.signature(frame));
    if (!good) {
      throw new MalformedInputException(
          "the first frame of " + peer.shortForm() + " is not signed by its session");
    }
    return hello;
  }

  private void answer(Hello hello) throws IOException {
    if (hello.generation() == 1) {
      send(Hello.of(Hello.ANSWER, hello.linkId(), 1));
      link = registry.accepted(peer, hello.linkId(), tls, session);
      return;
    }
    Link known = registry.find(peer, hello.linkId());
    boolean possible = known != null && known.acceptMove(tls, hello.generation());
    if (possible) {
      offered = known;
      offer = hello;
    }
    int verdict = possible ? Hello.YES : Hello.UNKNOWN;
    send(new Hello(Hello.ANSWER, verdict, hello.linkId(), hello.generation(), 0));
    if (!possible) {
      throw new MalformedInputException("there is no link to move to this connection");
    }
  }

  private void answerResume(Hello hello) throws IOException {
    Link known = registry.find(peer, hello.linkId());
    if (known == null) {
      send(new Hello(Hello.ANSWER, Hello.UNKNOWN, hello.linkId(), hello.generation(), 0));
      throw new MalformedInputException("there is no link to go on with");
    }
    Route.Offer accepted =
        known.acceptResume(session.suite(), hello.generation(), hello.received());
    if (accepted == null) {
      send(new Hello(Hello.ANSWER, Hello.BUSY, hello.linkId(), known.generation(), 0));
      throw new MoveRefusedException();
    }
    send(
        new Hello(
            Hello.ANSWER, Hello.YES, hello.linkId(), hello.generation(), accepted.received()));
    known.resume(tls, terms(), accepted, hello.received());
    link = known;
  }

  /** The dialler heard the answer: only now the link may move, for it surely will there. */
  private void confirmed(Hello hello) throws IOException {
    if (offered == null
        || !hello.accepted()
        || !hello.speaksOf(offer.linkId(), offer.generation())) {
      throw new MalformedInputException("another move is confirmed than was offered");
    }
    offered.moveTo(tls, terms(), hello.generation());
    link = offered;
  }

  private void finishDial(Hello hello) throws IOException {
    Link existing = dial.existing();
    if (!hello.accepted() || !hello.speaksOf(dial.linkId(), dial.generation())) {
      if (dial.step() == Hello.RESUME && hello.verdict() == Hello.UNKNOWN) {
        existing.end(new IOException("the other device does not know the link any more"));
      } else if (dial.step() == Hello.RESUME) {
        existing.atLeast(hello.generation());
      }
      throw new MoveRefusedException();
    }
    if (existing == null) {
      link = registry.dialled(peer, hello.linkId(), tls, session);
    } else if (dial.step() == Hello.RESUME) {
      goOn(existing, hello.received());
      link = existing;
    } else {
      existing.moveTo(tls, terms(), hello.generation());
      link = existing;
      // The confirmation is first on the new connection: the link's frames follow from a later task
      // of this same thread.
      send(Hello.of(Hello.CONFIRMATION, hello.linkId(), hello.generation()));
    }
    dial.result().complete(link);
  }

  private void goOn(Link existing, long peerReceived) throws IOException {
    try {
      existing.resume(tls, terms(), goingOn, peerReceived);
    } catch (MalformedInputException e) {
      existing.end(e); // the two sides do not agree on what was taken, and never will
      throw e;
    }
  }

  private Terms terms() {
    return session.terms();
  }

  @Override
  public void onBatchEnd() {
    if (link != null) {
      link.receivedAll();
    }
  }

  @Override
  public void onWritable() {
    if (link != null) {
      link.writable();
    }
  }

  @Override
  public void onClosed(Throwable reason) {
    wipeSeed();
    if (link != null) {
      link.connectionClosed(tls, reason);
    } else if (offered != null) {
      offered.forgetMove(tls);
    }
    if (dial != null) {
      offerOver();
      dial.result()
          .completeExceptionally(
              new IOException(
                  "the handshake did not succeed"
                      + (reason == null ? "" : ": " + reason.getMessage()),
                  reason));
      return;
    }
    if (!helloDone) { // a member that is told "not now" is no stranger
      watch.refused(tls.remote(), reason);
    }
    watch.handshakeOver(this);
  }

  private void offerOver() {
    if (goingOn != null) {
      dial.existing().offerOver(goingOn);
    }
  }

  /** True once the connection belongs to a link. */
  public boolean done() {
    return link != null;
  }

  public void abort() {
    if (tls != null) {
      tls.eventThread()
          .execute(
              () -> {
                if (link == null) { // else it carries a link by now
                  tls.close();
                }
              });
    }
  }
}
