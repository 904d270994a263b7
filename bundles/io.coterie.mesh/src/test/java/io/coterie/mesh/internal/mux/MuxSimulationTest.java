package io.coterie.mesh.internal.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The link's protocol against a model, in every order that a seed decides: streams of both classes
 * open, carry bytes, finish and are reset while the link moves from connection to connection. No
 * byte is lost, doubled or out of order, and in the end nothing is left over.
 */
@Tag("S0-2.2")
@Timeout(600)
class MuxSimulationTest {
  private static final int STEPS = 4_000;
  private static final int MAX_OPEN = 12;
  private static final int MAX_ROUNDS = 50_000;
  private static final Terms TERMS = new Terms(Suite.STANDARD, LinkCipher.AES_256_GCM, 0);

  private final Map<String, Flow> flows = new LinkedHashMap<>();
  private Random random;
  private SimulatedNetwork network;
  private Link[] links;
  private final List<Attempt> attempts = new ArrayList<>();
  private SimulatedNetwork.End[] current;
  private int moves;
  private int crashes;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 40));
  }

  /** One direction of one stream, as it should be. */
  private static final class Flow {
    private final MuxStream from;
    private final int side;
    private MuxStream to;
    private long written;
    private long read;
    private boolean finished;
    private boolean ended;

    Flow(MuxStream from, int side) {
      this.from = from;
      this.side = side;
    }

    /** The byte at a place of this flow; other for each stream and direction. */
    byte at(long offset) {
      return (byte) (from.id() * 31 + side * 17 + offset * 7 + (offset >> 8) * 13);
    }
  }

  private void begin(long seed) {
    random = new Random(seed);
    network = new SimulatedNetwork(random);
    SimulatedNetwork.End[] first = network.channel();
    links = new Link[2];
    for (int side = 0; side < 2; side++) {
      int me = side;
      links[side] =
          new Link(
              DeviceId.parse((side == 0 ? "ab" : "cd").repeat(32)),
              new byte[Hello.LINK_ID_BYTES],
              side == 0,
              first[side],
              TERMS,
              network,
              owner(me));
      first[side].attach(links[side]);
    }
    current = first;
  }

  private Link.Owner owner(int side) {
    return new Link.Owner() {
      @Override
      public void opened(Stream stream) {
        arrived(side, stream);
      }

      @Override
      public void broken(Link link) {
        // the seed decides when it goes on
      }

      @Override
      public void closed(Link link) {
        // seen by the test
      }
    };
  }

  private void arrived(int side, Stream stream) {
    MuxStream mine = (MuxStream) stream;
    Flow there = flows.get(key(mine.id(), 1 - side));
    there.to = mine;
    Flow back = new Flow(mine, side);
    back.to = there.from;
    flows.put(key(mine.id(), side), back);
  }

  private static String key(int id, int side) {
    return id + "/" + side;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noByteIsLostDoubledOrOutOfOrderWhileTheLinkMoves(long seed) throws Exception {
    begin(seed);
    run(seed, 0);
    assertTrue(moves > 3, "seed " + seed + " moved only " + moves + " times");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noByteIsLostDoubledOrOutOfOrderWhenConnectionsDie(long seed) throws Exception {
    begin(seed);
    run(seed, 2);
    assertTrue(crashes > 3, "seed " + seed + " crashed only " + crashes + " times");
  }

  /**
   * Lets everything happen in any order.
   *
   * @param deaths of 40 steps so many kill a connection
   */
  private void run(long seed, int deaths) throws Exception {
    for (int i = 0; i < STEPS; i++) {
      int what = random.nextInt(40);
      if (what < deaths && random.nextInt(4) == 0) {
        crash();
      } else {
        step(what);
      }
      assertTrue(links[0].alive() && links[1].alive(), "a link ended, seed " + seed);
    }
    settle();
    long carried = 0;
    for (Flow flow : flows.values()) {
      if (flow.to != null && flow.from.failure() == null && flow.to.failure() == null) {
        assertEquals(flow.written, flow.read, "seed " + seed + ", stream " + flow.from.id());
        assertTrue(flow.ended, "seed " + seed + ", no end of stream " + flow.from.id());
        carried += flow.read;
      }
    }
    assertTrue(carried > 100_000, "seed " + seed + " carried only " + carried);
    assertEquals(links[0].generation(), links[1].generation(), "seed " + seed);
    for (Link link : links) {
      assertTrue(link.settled(), "seed " + seed);
      assertEquals(0, link.status().streams(), "streams are left over, seed " + seed);
    }
  }

  private void step(int what) throws IOException {
    switch (what) {
      case 0 -> openOne();
      case 1 -> moveOnce();
      case 2, 3 -> finishOne();
      case 4 -> resetOne();
      case 5, 6, 7, 8, 9, 10 -> writeSome();
      case 11, 12, 13, 14, 15, 16, 17 -> readSome();
      case 18, 19, 21, 22, 23, 24 -> resumeOnce();
      case 20 -> links[random.nextInt(2)].ping();
      default -> network.step();
    }
  }

  /** Ends every flow and lets everything arrive. */
  private void settle() throws IOException {
    boolean work = true;
    for (int round = 0; work; round++) {
      assertTrue(
          round < MAX_ROUNDS,
          () ->
              "it never settles: "
                  + attempts.size()
                  + " attempts, "
                  + links[0].status()
                  + ", "
                  + links[1].status());
      work = network.step();
      for (Flow flow : List.copyOf(flows.values())) {
        finish(flow);
        work |= read(flow, 1 << 20) > 0;
      }
      if (links[0].broken() || links[1].broken() || !attempts.isEmpty()) {
        resumeOnce();
        work = true;
      }
    }
    assertFalse(network.step());
  }

  private void crash() {
    current[random.nextInt(2)].kill();
    crashes++;
  }

  private void pause() {
    for (int pause = random.nextInt(30); pause > 0; pause--) {
      network.step();
    }
  }

  /** An offer to go on, on its way over a connection of its own. Several may be, of both sides. */
  private static final class Attempt {
    private final int side;
    private final Terms terms;
    private final Route.Offer offer;
    private final SimulatedNetwork.End[] channel;
    private Route.Offer accepted;

    Attempt(int side, Suite suite, Route.Offer offer, SimulatedNetwork.End[] channel) {
      this.side = side;
      this.terms = new Terms(suite, suite.ciphers().get(0), 0);
      this.offer = offer;
      this.channel = channel;
    }
  }

  /** Makes an offer, or brings one a step further; now and then an answer is lost. */
  private void resumeOnce() throws IOException {
    int side = random.nextInt(2);
    if (links[side].broken() && attempts.size() < 4 && random.nextBoolean()) {
      Suite suite = links[side].resumeSuite();
      Route.Offer offer = links[side].beginOffer(links[side].offerGeneration());
      attempts.add(new Attempt(side, suite, offer, network.channel()));
    } else if (!attempts.isEmpty()) {
      Attempt one = attempts.get(random.nextInt(attempts.size()));
      if (one.accepted == null) {
        arrives(one);
      } else {
        answered(one);
      }
    }
  }

  private void arrives(Attempt one) throws IOException {
    Link mine = links[one.side];
    Link theirs = links[1 - one.side];
    Suite before = theirs.resumeSuite();
    one.accepted =
        theirs.acceptResume(one.terms.suite(), one.offer.generation(), one.offer.received());
    assertTrue(
        one.accepted == null || one.terms.suite().compareTo(before) >= 0,
        "the link goes on by a weaker suite");
    if (one.accepted == null) {
      mine.atLeast(theirs.generation());
      mine.offerOver(one.offer);
      attempts.remove(one);
      return;
    }
    one.channel[1 - one.side].attach(theirs);
    theirs.resume(one.channel[1 - one.side], one.terms, one.accepted, one.offer.received());
    current = one.channel;
  }

  private void answered(Attempt one) {
    attempts.remove(one);
    Link mine = links[one.side];
    SimulatedNetwork.End end = one.channel[one.side];
    try {
      if (random.nextInt(4) == 0) {
        throw new IOException("the answer is lost");
      }
      mine.resume(end, one.terms, one.offer, one.accepted.received());
      end.attach(mine);
    } catch (IOException e) {
      mine.offerOver(one.offer);
      end.kill();
    }
  }

  private void openOne() throws IOException {
    int side = random.nextInt(2);
    if (links[side].status().streams() < MAX_OPEN) {
      StreamClass kind = random.nextBoolean() ? StreamClass.RPC : StreamClass.BULK;
      MuxStream stream = links[side].begin("test", kind);
      flows.put(key(stream.id(), side), new Flow(stream, side));
    }
  }

  /** Both sides take a fresh connection into use, in either order. */
  private void moveOnce() throws IOException {
    boolean ready =
        links[0].settled()
            && links[1].settled()
            && links[0].generation() == links[1].generation(); // else the offer is refused
    if (!ready) {
      return;
    }
    SimulatedNetwork.End[] fresh = network.channel();
    long generation = links[0].generation() + 1;
    int first = random.nextInt(2);
    move(first, fresh, generation);
    pause();
    if (links[1 - first].broken()) {
      fresh[first].kill(); // what was to come over the new connection never comes
      return;
    }
    move(1 - first, fresh, generation);
    current = fresh;
    moves++;
  }

  private void move(int side, SimulatedNetwork.End[] fresh, long generation) throws IOException {
    fresh[side].attach(links[side]);
    Terms terms = new Terms(Suite.MAX, LinkCipher.CHACHA20_POLY1305, 0);
    links[side].moveTo(fresh[side], terms, generation);
  }

  private Flow any() {
    List<Flow> all = List.copyOf(flows.values());
    // The newest ones: old ones are mostly over.
    int back = Math.min(all.size(), 2 * MAX_OPEN);
    return all.isEmpty() ? null : all.get(all.size() - 1 - random.nextInt(back));
  }

  private void writeSome() throws IOException {
    Flow flow = any();
    if (flow == null || flow.finished || flow.from.failure() != null) {
      return;
    }
    int most = Math.min(flow.from.writable(), Frame.MAX_PAYLOAD_BYTES);
    byte[] data = new byte[most == 0 ? 0 : 1 + random.nextInt(most)];
    for (int i = 0; i < data.length; i++) {
      data[i] = flow.at(flow.written + i);
    }
    flow.from.write(data, 0, data.length, 1);
    flow.written += data.length;
  }

  private void readSome() throws IOException {
    Flow flow = any();
    if (flow != null) {
      read(flow, 1 + random.nextInt(60_000));
    }
  }

  private static int read(Flow flow, int most) throws IOException {
    if (flow.to == null || flow.to.failure() != null || flow.ended) {
      return 0;
    }
    int readable = flow.to.readable();
    if (readable < 0) {
      flow.ended = true;
      return 1;
    }
    byte[] data = new byte[Math.min(readable, most)];
    int done = 0;
    while (done < data.length) {
      done += flow.to.read(data, done, data.length - done, 1);
    }
    for (int i = 0; i < data.length; i++) {
      assertEquals(flow.at(flow.read + i), data[i], "stream " + flow.from.id());
    }
    flow.read += data.length;
    return data.length;
  }

  private void finishOne() throws IOException {
    Flow flow = any();
    if (flow != null && random.nextInt(4) == 0) {
      finish(flow);
    }
  }

  private static void finish(Flow flow) throws IOException {
    if (!flow.finished) {
      flow.finished = true;
      flow.from.finish();
    }
  }

  private void resetOne() {
    Flow flow = any();
    if (flow != null && random.nextInt(6) == 0) {
      flow.from.reset();
    }
  }
}
