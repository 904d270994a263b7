package io.coterie.mesh.internal;

import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.MlDsa87Signer;
import io.coterie.crypto.mldsa.internal.X509SessionCertificates;
import io.coterie.mesh.internal.tls.MeshCrypto;
import io.coterie.testkit.MemoryIdentity;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Real algorithms and identities for tests. */
public final class TestIdentities {
  private static final MemoryIdentity.Algorithms ALGORITHMS =
      new MemoryIdentity.Algorithms(
          List.<Signer>of(new Ed25519Signer(), new MlDsa65Signer(), new MlDsa87Signer()),
          new X509SessionCertificates());
  private static final AtomicLong SEEDS = new AtomicLong(1);

  private TestIdentities() {}

  /** A device that there was not before. */
  public static MemoryIdentity make(String name) {
    return new MemoryIdentity(name, SEEDS.getAndIncrement(), ALGORITHMS);
  }

  /** The algorithms of links, with the implementations that this machine does best. */
  public static MeshCrypto crypto() {
    MeshCrypto crypto = new MeshCrypto();
    crypto.bindAes(AeadProviders.usual(Aead.AES_256_GCM));
    crypto.bindChaCha(AeadProviders.usual(Aead.CHACHA20_POLY1305));
    ALGORITHMS.signers().forEach(crypto::bindSigner);
    crypto.bindCertificates(ALGORITHMS.certificates());
    return crypto;
  }
}
