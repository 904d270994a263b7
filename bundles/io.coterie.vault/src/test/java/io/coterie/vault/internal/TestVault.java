package io.coterie.vault.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.crypto.argon2.internal.Argon2idHash;
import java.nio.file.Path;

/** Vaults with real algorithms. */
public final class TestVault {
  private static final Aead AEAD = AeadProviders.usual(Aead.AES_256_GCM);

  private TestVault() {}

  /** The vault of a home as after a start of the device: locked. */
  public static Vault locked(Path home, Clock clock) {
    HotRef<Aead> aead = new HotRef<>("AEAD", 1);
    aead.bind(AEAD);
    HotRef<PasswordHash> hash = new HotRef<>("hash", 1);
    hash.bind(new Argon2idHash());
    return new Vault(home, clock, new SystemEntropy(), new SystemThreads(), aead, hash);
  }

  /** One that opened without its owner. */
  public static Vault open(Path home, Clock clock) {
    Vault vault = locked(home, clock);
    vault.openAlone();
    return vault;
  }
}
