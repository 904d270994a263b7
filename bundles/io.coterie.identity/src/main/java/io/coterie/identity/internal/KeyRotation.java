package io.coterie.identity.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.api.CryptoException;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntrySignature;
import io.coterie.identity.internal.roster.Member;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.PeerListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives this device new identity keys, by command and when the old ones are 30 days old. The roster
 * gets an entry that the old keys and the new ones sign: the continuity proof. Thread-safe.
 */
@Component(
    service = {KeyRotation.class, PeerListener.class},
    immediate = true)
public final class KeyRotation implements PeerListener {
  static final Duration LIFETIME = Duration.ofDays(30);
  private static final Logger LOG = LoggerFactory.getLogger(KeyRotation.class);
  private static final long LOOK_MILLIS = 60 * 60_000L;

  private final FileIdentity identity;
  private final RosterKeeper keeper;
  private final Clock clock;
  private final Semaphore changed = new Semaphore(0);
  private Thread thread;

  @Activate
  public KeyRotation(@Reference FileIdentity identity, @Reference RosterKeeper keeper) {
    this(identity, keeper, new SystemClock());
    finish();
    thread = new SystemThreads().start("key-rotation", this::run);
  }

  KeyRotation(FileIdentity identity, RosterKeeper keeper, Clock clock) {
    this.identity = identity;
    this.keeper = keeper;
    this.clock = clock;
  }

  @Deactivate
  void stop() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        try {
          if (changed.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            changed.drainPermits(); // many changes, one look
            finish();
          }
          rotateWhenDue();
        } catch (RuntimeException e) {
          LOG.warn("COT-0337 the keys are due and were not rotated: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void changed() {
    changed.release();
  }

  /**
   * Brings the keys in step with the roster, which decides: after a crash in the middle of a
   * rotation, and when a rotation lost a fork. A rotation that was lost is made again.
   */
  synchronized void finish() {
    if (keeper.damage() != null) {
      return; // it says nothing until it is brought back
    }
    Optional<Member> self = self();
    DeviceKeys prepared = identity.preparedKeys();
    if (prepared != null) {
      if (self.isPresent() && same(self.get().keys(), prepared)) {
        identity.promoteNext();
        LOG.info("finished the rotation to generation {}", prepared.generation());
      } else {
        identity.dropNext();
      }
    }
    boolean lost =
        self.isPresent()
            && self.get().keys().generation() < identity.keys().generation()
            && self.get().keys().generation() == identity.previousGeneration();
    if (lost) {
      LOG.info("the rotation lost a fork and is made again");
      identity.goBack();
      rotate();
    }
  }

  private static boolean same(DeviceKeys a, DeviceKeys b) {
    return a.generation() == b.generation()
        && Arrays.equals(a.ed25519(), b.ed25519())
        && Arrays.equals(a.mlDsa87(), b.mlDsa87());
  }

  private Optional<Member> self() {
    return keeper.joined() ? keeper.state().member(identity.id()) : Optional.empty();
  }

  /** Rotates when the keys are old; returns whether it did. */
  public boolean rotateWhenDue() {
    Optional<Member> self = self();
    if (self.isEmpty()) {
      return false;
    }
    long since = keeper.look(tree -> tree.chain().get((int) self.get().sinceIndex())).wallMillis();
    if (clock.wallMillis() - since < LIFETIME.toMillis()) {
      return false;
    }
    rotate();
    return true;
  }

  /** Rotates now; returns the new generation. */
  public synchronized long rotate() {
    finish();
    if (self().isEmpty()) {
      keeper.state(); // says so when there is no coterie at all
      throw CoterieException.of(
          "COT-0338",
          ExitCode.REFUSED,
          "this device is no member of its coterie any more",
          "coterie roster show");
    }
    DeviceKeys next = identity.prepareNext();
    try {
      Entry byOld = keeper.draft(new Change.Rotate(identity.id(), next));
      List<EntrySignature> both = new ArrayList<>(byOld.signatures());
      both.add(
          new EntrySignature(
              identity.id(),
              next.generation(),
              identity.signWithNext(Entry.PURPOSE, byOld.body())));
      keeper.append(byOld.withSignatures(both));
    } catch (CryptoException e) {
      throw CoterieException.of(
          "COT-0311", ExitCode.FAILED, "the entry could not be signed", "coterie status", e);
    } finally {
      finish(); // whatever happened: what the roster has counts
    }
    LOG.info("rotated to keys of generation {}", next.generation());
    return next.generation();
  }
}
