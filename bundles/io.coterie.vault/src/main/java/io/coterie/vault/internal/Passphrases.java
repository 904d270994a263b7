package io.coterie.vault.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.PasswordHash;

/** Wrapping keys of passphrases: Argon2id with a salt of its own. */
final class Passphrases {
  private static final int SALT_BYTES = 16;

  private final HotRef<PasswordHash> hash;
  private final Entropy entropy;

  Passphrases(HotRef<PasswordHash> hash, Entropy entropy) {
    this.hash = hash;
    this.entropy = entropy;
  }

  /** The parameters of a new slot: salt and cost. */
  byte[] fresh() {
    PasswordHash.Cost cost = PasswordHash.Cost.recommended();
    return new ByteWriter()
        .raw(entropy.bytes(SALT_BYTES))
        .u32(cost.passes())
        .u32(cost.memoryKib())
        .u32(cost.lanes())
        .toByteArray();
  }

  /** The wrapping key. Takes part of a second; the passphrase is the caller's to wipe. */
  DestroyableKey key(byte[] parameters, byte[] passphrase)
      throws MalformedInputException, CryptoException {
    ByteReader in = new ByteReader(parameters);
    byte[] salt = in.raw(SALT_BYTES);
    PasswordHash.Cost cost = new PasswordHash.Cost((int) in.u32(), (int) in.u32(), (int) in.u32());
    in.end();
    return DestroyableKey.consume(hash.call(h -> h.derive(passphrase, salt, cost, Aead.KEY_BYTES)));
  }
}
