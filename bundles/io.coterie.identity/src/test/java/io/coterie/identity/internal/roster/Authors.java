package io.coterie.identity.internal.roster;

import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.HybridSigner;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.MlDsa87Signer;
import io.coterie.crypto.mldsa.internal.X509SessionCertificates;
import io.coterie.mesh.api.Role;
import io.coterie.testkit.MemoryIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Makes signed entries with real keys. */
final class Authors {
  static final long RECOVERY_SEED = 4242;
  private static final Signer CLASSICAL = new Ed25519Signer();
  private static final Signer POST_QUANTUM = new MlDsa87Signer();
  private static final HybridSigner HYBRID = new HybridSigner(CLASSICAL, POST_QUANTUM);
  private static final MemoryIdentity.Algorithms ALGORITHMS =
      new MemoryIdentity.Algorithms(
          List.of(CLASSICAL, new MlDsa65Signer(), POST_QUANTUM), new X509SessionCertificates());
  private long seeds = 1;
  private long clock = 1_800_000_000_000L;

  MemoryIdentity device(String name) {
    return new MemoryIdentity(name, seeds++, ALGORITHMS);
  }

  RosterTree tree() {
    return new RosterTree(
        new Verifier(
            (ed25519, mlDsa87, purpose, message, signature) -> {
              try {
                return HYBRID.verify(ed25519, mlDsa87, purpose, message, signature);
              } catch (CryptoException e) {
                return false;
              }
            }));
  }

  private record Recovery(SignatureKeyPair classical, SignatureKeyPair postQuantum) {
    static Recovery of(long seed) {
      Random random = new Random(seed);
      return new Recovery(
          CLASSICAL.generate(random::nextBytes), POST_QUANTUM.generate(random::nextBytes));
    }
  }

  Entry genesis(MemoryIdentity founder, int threshold, boolean recoverable) throws CryptoException {
    Recovery keys = Recovery.of(RECOVERY_SEED);
    Change genesis =
        new Change.Genesis(
            new byte[16],
            "home",
            new byte[32],
            founder.card(),
            threshold,
            Suite.STANDARD,
            recoverable
                ? new RecoveryKeys(keys.classical().publicKey(), keys.postQuantum().publicKey())
                : null);
    return signed(new Entry(0, Hash.ZERO, clock++, genesis, List.of()), founder);
  }

  Change add(MemoryIdentity device, Role... roles) throws CryptoException {
    return new Change.Add(device.name(), device.card(), Set.of(roles));
  }

  /** The entry that follows the head of a tree, signed by these. */
  Entry next(RosterTree tree, Change change, MemoryIdentity... signers) throws CryptoException {
    RosterState state = tree.headState();
    return signed(new Entry(state.index() + 1, state.head(), clock++, change, List.of()), signers);
  }

  Entry signed(Entry entry, MemoryIdentity... signers) throws CryptoException {
    List<EntrySignature> all = new ArrayList<>(entry.signatures());
    for (MemoryIdentity signer : signers) {
      all.add(
          new EntrySignature(
              signer.id(), signer.keys().generation(), signer.sign(Entry.PURPOSE, entry.body())));
    }
    return entry.withSignatures(all);
  }

  Entry recovery(RosterTree tree, Change change, long seed) throws CryptoException {
    Recovery keys = Recovery.of(seed);
    Entry entry = next(tree, change);
    byte[] signature =
        HYBRID.sign(
            keys.classical().privateKey(),
            keys.postQuantum().privateKey(),
            Entry.PURPOSE,
            entry.body(),
            new Random(1)::nextBytes);
    return entry.withSignatures(List.of(new EntrySignature(EntrySignature.RECOVERY, 0, signature)));
  }
}
