package io.coterie.mesh.internal.mux;

import io.coterie.crypto.api.Suite;
import java.util.ArrayList;
import java.util.List;

/**
 * Which connections carry a link: the one it sends on, the one it reads from, the one it moves to,
 * and the one that was offered for it to go on. Guarded by the link's lock; calls nobody.
 */
final class Route {
  private Carrier sending;
  private Carrier receiving;
  private Carrier next;
  private SecureChannel reserved;
  private boolean proposed;
  private boolean broken;
  private long switchStartedMillis;
  private long breaks;
  private long offeredGeneration;
  private Offer offered;
  private Offer accepted;

  Route(Carrier first) {
    sending = first;
    receiving = first;
  }

  /** The connection in use, or the last one while there is none. */
  Carrier sending() {
    return sending;
  }

  /** True while no connection carries the link. */
  boolean broken() {
    return broken;
  }

  /** How often it was broken. */
  long breaks() {
    return breaks;
  }

  boolean sendsOn(Carrier carrier) {
    return !broken && carrier == sending;
  }

  boolean readsFrom(SecureChannel channel) {
    return !broken && receiving.channel() == channel;
  }

  boolean uses(SecureChannel channel) {
    return !broken
        && (sending.channel() == channel
            || receiving.channel() == channel
            || (next != null && next.channel() == channel));
  }

  /** True when one connection carries the link and no other is about to. */
  boolean settled() {
    return !broken
        && reserved == null
        && next == null
        && sending == receiving
        && !receiving.fenceReceived();
  }

  // ---- moving in good order

  boolean propose() {
    if (proposed || !settled()) {
      return false;
    }
    proposed = true;
    return true;
  }

  void proposalOver() {
    proposed = false;
  }

  /**
   * Keeps a connection that the peer offers until it is confirmed.
   *
   * @param first whether this side's offer counts when both sides offer one
   */
  boolean reserve(SecureChannel channel, long generation, boolean first) {
    boolean possible = settled() && generation == sending.generation() + 1 && !(proposed && first);
    if (possible) {
      reserved = channel;
    }
    return possible;
  }

  void forget(SecureChannel channel) {
    if (reserved == channel) {
      reserved = null;
    }
  }

  boolean canMove(SecureChannel channel, long generation) {
    boolean free = reserved == null || reserved == channel;
    return !broken
        && free
        && next == null
        && sending == receiving
        && generation == sending.generation() + 1;
  }

  /**
   * Sends on a new connection from now on.
   *
   * @return the one before, which is to be fenced; the new one is to be held unless {@link
   *     #readsFrom} it already
   */
  Carrier move(Carrier fresh, long nowMillis) {
    Carrier old = sending;
    reserved = null;
    sending = fresh;
    switchStartedMillis = nowMillis;
    if (old.fenceReceived()) {
      receiving = fresh;
    } else {
      next = fresh;
    }
    return old;
  }

  /** What is to be done after a fence came. */
  record AfterFence(SecureChannel release, SecureChannel leave) {}

  AfterFence fenceReceived(long nowMillis) {
    Carrier old = receiving;
    old.setFenceReceived();
    if (next == null) {
      // The peer was quicker: its answer on the new connection is still on its way here.
      switchStartedMillis = nowMillis;
      return new AfterFence(null, null);
    }
    receiving = next;
    next = null;
    return new AfterFence(receiving.channel(), old.fenceSent() ? old.channel() : null);
  }

  /** The fence went out on a connection that is being left; true when it can be closed. */
  boolean fenceSent(Carrier old) {
    old.setFenceSent();
    return old.fenceReceived();
  }

  /** How long a move has been under way, or 0. */
  long switchingMillis(long nowMillis) {
    boolean switching = !broken && (next != null || receiving.fenceReceived());
    return switching ? nowMillis - switchStartedMillis : 0;
  }

  // ---- breaking and going on

  /** No connection carries the link any more; those that did are to be closed. */
  List<SecureChannel> breakOff() {
    if (broken) {
      return List.of();
    }
    List<SecureChannel> left = connections();
    broken = true;
    breaks++;
    next = null;
    reserved = null;
    offered = null;
    accepted = null;
    return left;
  }

  /** All that may still be open. */
  List<SecureChannel> connections() {
    List<SecureChannel> all = new ArrayList<>();
    all.add(sending.channel());
    if (receiving != sending) {
      all.add(receiving.channel());
    }
    if (next != null && next != sending) {
      all.add(next.channel());
    }
    if (reserved != null) {
      all.add(reserved);
    }
    return all;
  }

  /** The generation of this side's next offer to go on: none was offered twice. */
  long offerGeneration() {
    offeredGeneration = Math.max(offeredGeneration, sending.generation()) + 1;
    return offeredGeneration;
  }

  /** The peer is further. */
  void atLeast(long generation) {
    offeredGeneration = Math.max(offeredGeneration, generation);
  }

  /**
   * An offer to go on, of this side or of the peer that this side accepted. It is void as soon as
   * the link went on by another one, or broke again. Offers are told apart by identity.
   *
   * @param received how many frames of the peer were taken when it was made
   */
  record Offer(long generation, long received) {}

  /** This side's offer is about to be sent. */
  Offer offer(long generation, long received) {
    offered = new Offer(generation, received);
    return offered;
  }

  /** It came to its end, whatever it was. */
  @SuppressWarnings("ReferenceEquality")
  void offerOver(Offer offer) {
    if (offered == offer) {
      offered = null;
    }
  }

  /**
   * Whether an offer of the peer counts.
   *
   * @param first whether this side's offer counts when both sides make one
   */
  boolean canAccept(long generation, boolean first) {
    return generation > sending.generation() && !(first && offered != null);
  }

  /**
   * The strongest suite of those that carry it: by a weaker one it does not go on. While it moves,
   * or broke in the middle of a move, there are two.
   */
  Suite strongestSuite() {
    Suite one = sending.terms().suite();
    Suite other = receiving.terms().suite();
    return one.compareTo(other) < 0 ? other : one;
  }

  /** Accepts an offer of the peer. What was offered or accepted before is void. */
  Offer accept(long generation, long received) {
    offered = null;
    accepted = new Offer(generation, received);
    return accepted;
  }

  /** Whether the link waits for the connection of this offer. */
  @SuppressWarnings("ReferenceEquality")
  boolean canResume(Offer offer, long received, Suite suite) {
    return broken
        && suite.compareTo(strongestSuite()) >= 0
        && (offer == offered || offer == accepted)
        && offer.received() == received
        && offer.generation() > sending.generation();
  }

  /** Goes on over a new connection. */
  void resume(Carrier fresh) {
    sending = fresh;
    receiving = fresh;
    broken = false;
    offered = null;
    accepted = null;
  }
}
