package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/**
 * One connection from its TLS handshake over the hellos into the life of a link. Everything runs on
 * the connection's event thread.
 */
public final class Handshaker implements TlsConnection.Events {
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
  private Link offered;
  private Hello offer;

  /**
   * What a dialling side wants; null on the accepting side.
   *
   * @param expected the device that must answer
   * @param moving the link to move here, or null to make one
   * @param result completes with the link, or fails
   */
  public record Dial(
      DeviceId expected, byte[] linkId, Link moving, CompletableFuture<Link> result) {
    long generation() {
      return moving == null ? 1 : moving.generation() + 1;
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
      send(new Hello(Hello.OFFER, dial.linkId(), dial.generation(), true));
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
    decoder.decode(data, this::frame);
  }

  private void frame(Frame frame) throws IOException {
    if (link != null) {
      link.received(tls, frame);
      return;
    }
    if (helloDone) {
      confirmed(verified(frame, Hello.CONFIRMATION));
      return;
    }
    Hello hello = verified(frame, dial == null ? Hello.OFFER : Hello.ANSWER);
    helloDone = true;
    if (dial == null) {
      answer(hello);
    } else {
      finishDial(hello);
    }
  }

  /** Nothing is done on a connection before the peer's second signature was found good. */
  private Hello verified(Frame frame, int step) throws IOException {
    Hello hello = Hello.decode(frame);
    boolean good =
        hello.step() == step
            && handshakes.verify(session, dial == null, hello.text(), Hello.signature(frame));
    if (!good) {
      throw new MalformedInputException(
          "the first frame of " + peer.shortForm() + " is not signed by its session");
    }
    return hello;
  }

  private void answer(Hello hello) throws IOException {
    if (!handshakes.trusted(peer)) {
      throw new IOException("device " + peer.shortForm() + " is not trusted here any more");
    }
    if (hello.generation() == 1) {
      send(new Hello(Hello.ANSWER, hello.linkId(), 1, true));
      link = registry.accepted(peer, hello.linkId(), tls, session);
      return;
    }
    Link known = registry.find(peer, hello.linkId());
    boolean possible = known != null && known.acceptMove(tls, hello.generation());
    if (possible) {
      offered = known;
      offer = hello;
    }
    send(new Hello(Hello.ANSWER, hello.linkId(), hello.generation(), possible));
    if (!possible) {
      throw new MalformedInputException("there is no link to move to this connection");
    }
  }

  /** The dialler heard the answer: only now the link may move, for it surely will there. */
  private void confirmed(Hello hello) throws IOException {
    if (offered == null
        || !hello.accepted()
        || !Arrays.equals(hello.linkId(), offer.linkId())
        || hello.generation() != offer.generation()) {
      throw new MalformedInputException("another move is confirmed than was offered");
    }
    link = offered;
    link.moveTo(tls, session.suite(), session.cipher(), hello.generation());
  }

  private void finishDial(Hello hello) throws IOException {
    if (!hello.accepted()
        || !Arrays.equals(hello.linkId(), dial.linkId())
        || hello.generation() != dial.generation()) {
      throw new MoveRefusedException();
    }
    if (dial.moving() == null) {
      link = registry.dialled(peer, hello.linkId(), tls, session);
    } else {
      link = dial.moving();
      link.moveTo(tls, session.suite(), session.cipher(), hello.generation());
      // The confirmation is first on the new connection: the link's frames follow from a later task
      // of this same thread.
      send(new Hello(Hello.CONFIRMATION, hello.linkId(), hello.generation(), true));
    }
    dial.result().complete(link);
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
    if (link != null) {
      link.connectionClosed(tls, reason);
    } else if (offered != null) {
      offered.forgetMove(tls);
    }
    if (dial != null) {
      dial.result()
          .completeExceptionally(
              new IOException(
                  "the handshake did not succeed"
                      + (reason == null ? "" : ": " + reason.getMessage()),
                  reason));
      return;
    }
    if (link == null && offered == null) {
      watch.refused(reason);
    }
    watch.handshakeOver(this);
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
