package io.coterie.identity.internal;

import io.coterie.crypto.api.Signer;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.MlDsa87Signer;
import io.coterie.crypto.mldsa.internal.X509SessionCertificates;
import io.coterie.testkit.MemoryIdentity;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Real algorithms and identities for tests. */
public final class TestKeys {
  public static final MemoryIdentity.Algorithms ALGORITHMS =
      new MemoryIdentity.Algorithms(
          List.<Signer>of(new Ed25519Signer(), new MlDsa65Signer(), new MlDsa87Signer()),
          new X509SessionCertificates());
  private static final AtomicLong SEEDS = new AtomicLong(1);

  private TestKeys() {}

  public static Signing signing() {
    Signing signing = new Signing();
    ALGORITHMS.signers().forEach(signing::bindSigner);
    return signing;
  }

  public static MemoryIdentity identity(String name) {
    return new MemoryIdentity(name, SEEDS.getAndIncrement(), ALGORITHMS);
  }
}
