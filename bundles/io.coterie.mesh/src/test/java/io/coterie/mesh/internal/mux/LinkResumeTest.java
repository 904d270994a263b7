package io.coterie.mesh.internal.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Offers to go on that cross, come late or lie. */
@Tag("S0-2.2")
class LinkResumeTest {
  private static final Terms TERMS = new Terms(Suite.STANDARD, LinkCipher.AES_256_GCM, 0);

  private final SimulatedNetwork network = new SimulatedNetwork(new Random(1));
  private Link maker;
  private Link other;
  private SimulatedNetwork.End[] channel;

  @BeforeEach
  void aLinkWhoseConnectionDied() throws IOException {
    channel = network.channel();
    maker = link(0, true);
    other = link(1, false);
    maker.begin("a", StreamClass.BULK);
    settle();
    channel[0].kill();
    settle();
    assertTrue(maker.broken() && other.broken());
  }

  private Link link(int side, boolean makes) {
    Link link =
        new Link(
            DeviceId.parse((makes ? "ab" : "cd").repeat(32)),
            new byte[Hello.LINK_ID_BYTES],
            makes,
            channel[side],
            TERMS,
            network,
            new Nobody());
    channel[side].attach(link);
    return link;
  }

  private void settle() {
    while (network.step()) {
      // until nothing is on its way
    }
  }

  private static Route.Offer offer(Link link) throws IOException {
    return link.beginOffer(link.offerGeneration());
  }

  /** Both go on over a connection that the maker offered. */
  private void goOn() throws IOException {
    Route.Offer offer = offer(maker);
    Route.Offer accepted = other.acceptResume(Suite.STANDARD, offer.generation(), offer.received());
    channel = network.channel();
    channel[1].attach(other);
    other.resume(channel[1], TERMS, accepted, offer.received());
    channel[0].attach(maker);
    maker.resume(channel[0], TERMS, offer, accepted.received());
    settle();
  }

  @Test
  void anOfferIsVoidOnceTheLinkWentOnByAnotherOne() throws Exception {
    offer(other);
    Route.Offer late = offer(other);
    goOn();
    long generation = other.generation();
    maker.begin("b", StreamClass.BULK); // a frame that the late offer does not count
    settle();
    assertTrue(late.generation() > generation);
    Route.Offer accepted = maker.acceptResume(Suite.STANDARD, late.generation(), late.received());
    settle();
    if (accepted != null) {
      SimulatedNetwork.End[] stale = network.channel();
      stale[0].attach(maker);
      maker.resume(stale[0], TERMS, accepted, late.received());
      settle();
      assertTrue(other.broken());
      assertThrows(
          IOException.class, () -> other.resume(stale[1], TERMS, late, accepted.received()));
      stale[0].kill();
      settle();
    }
    goOn();
    assertTrue(maker.settled() && other.settled());
    assertEquals(2, other.status().streams(), "each stream was opened once");
  }

  @Test
  void whenBothOfferAtOnceThatOfTheMakerCounts() throws Exception {
    Route.Offer mine = offer(maker);
    Route.Offer theirs = offer(other);
    assertNull(maker.acceptResume(Suite.STANDARD, theirs.generation(), theirs.received()));
    assertNotNull(other.acceptResume(Suite.STANDARD, mine.generation(), mine.received()));
  }

  @Test
  void aCountOfMoreThanWasSentEndsTheLinkAndASmallerOneIsNotNow() throws Exception {
    Route.Offer offer = offer(other);
    assertNull(
        maker.acceptResume(Suite.STANDARD, 1, offer.received()), "the generation that it has");
    assertThrows(
        MalformedInputException.class,
        () -> maker.acceptResume(Suite.STANDARD, offer.generation(), offer.received() + 1_000));
    assertFalse(maker.alive());
  }

  @Test
  void aLinkThatIsUpMakesNoOffer() throws Exception {
    goOn();
    assertThrows(IOException.class, () -> offer(maker));
  }
}
