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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
@Component(service = KeyRotation.class, immediate = true)
public final class KeyRotation {
  static final Duration LIFETIME = Duration.ofDays(30);
  private static final Logger LOG = LoggerFactory.getLogger(KeyRotation.class);
  private static final long LOOK_MILLIS = 60 * 60_000L;

  private final FileIdentity identity;
  private final RosterKeeper keeper;
  private final Clock clock;
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
        Thread.sleep(LOOK_MILLIS);
        try {
          rotateWhenDue();
        } catch (CoterieException e) {
          LOG.warn("COT-0337 the keys are due and were not rotated: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** After a crash in the middle: the roster decides whether the rotation came about. */
  synchronized void finish() {
    DeviceKeys prepared = identity.preparedKeys();
    if (prepared == null) {
      return;
    }
    Optional<Member> self = self();
    boolean counts =
        self.isPresent()
            && self.get().keys().generation() == prepared.generation()
            && Arrays.equals(self.get().keys().ed25519(), prepared.ed25519())
            && Arrays.equals(self.get().keys().mlDsa87(), prepared.mlDsa87());
    if (counts) {
      identity.promoteNext();
      LOG.info("finished the rotation to generation {}", prepared.generation());
    } else {
      identity.dropNext();
    }
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
      identity.dropNext();
      throw CoterieException.of(
          "COT-0311", ExitCode.FAILED, "the entry could not be signed", "coterie status", e);
    } catch (CoterieException e) {
      identity.dropNext();
      throw e;
    }
    identity.promoteNext();
    LOG.info("rotated to keys of generation {}", next.generation());
    return next.generation();
  }
}
