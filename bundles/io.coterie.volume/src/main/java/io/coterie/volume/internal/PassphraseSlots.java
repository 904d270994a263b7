package io.coterie.volume.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.base.prompt.PassphraseInput;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.crypto.api.SealedBox;
import io.coterie.volume.internal.format.KeySlot.PassphraseSlot;
import java.security.MessageDigest;
import java.util.Arrays;

/** Makes and opens the slots of passphrases. Thread-safe; a call takes part of a second. */
final class PassphraseSlots {
  private final HotRef<Kem> kem;
  private final HotRef<PasswordHash> hash;
  private final HotRef<Aead> aead;
  private final Entropy entropy;

  PassphraseSlots(HotRef<Kem> kem, HotRef<PasswordHash> hash, HotRef<Aead> aead, Entropy entropy) {
    this.kem = kem;
    this.hash = hash;
    this.aead = aead;
    this.entropy = entropy;
  }

  /**
   * A slot with a key pair of its own, and no box yet.
   *
   * @param passphrase in UTF-8; the caller wipes it
   */
  PassphraseSlot make(String name, byte[] passphrase) throws CryptoException {
    PassphraseInput.requireStrong(passphrase);
    KemKeyPair pair = kem.call(k -> k.generate(entropy));
    byte[] salt = entropy.bytes(PassphraseSlot.SALT_BYTES);
    PasswordHash.Cost cost = PasswordHash.Cost.recommended();
    byte[] material = material(passphrase, salt, cost);
    byte[] check = Arrays.copyOfRange(material, Aead.KEY_BYTES, material.length);
    byte[] none = new byte[0];
    PassphraseSlot open = new PassphraseSlot(name, salt, cost, check, pair.publicKey(), none, none);
    byte[] sealed = new byte[pair.privateKey().length + Aead.TAG_BYTES];
    try (DestroyableKey key = key(material)) {
      // The salt is fresh, so the key seals once: the nonce may be zero.
      aead.call(
          a -> {
            byte[] secret = pair.privateKey();
            a.newContext().seal(key, nonce(), open.context(), secret, 0, secret.length, sealed, 0);
            return null;
          });
    } finally {
      Arrays.fill(material, (byte) 0);
      Arrays.fill(pair.privateKey(), (byte) 0);
    }
    return new PassphraseSlot(name, salt, cost, check, pair.publicKey(), sealed, none);
  }

  /**
   * The key in its box.
   *
   * @param purpose for which the box was sealed
   * @throws AuthenticationFailedException for another passphrase, or an altered slot
   */
  DestroyableKey open(String purpose, PassphraseSlot slot, byte[] passphrase)
      throws CryptoException {
    byte[] material = material(passphrase, slot.salt(), slot.cost());
    byte[] check = Arrays.copyOfRange(material, Aead.KEY_BYTES, material.length);
    byte[] sealed = slot.sealedPrivateKey();
    byte[] secret = new byte[Math.max(0, sealed.length - Aead.TAG_BYTES)];
    try (DestroyableKey key = key(material)) {
      if (!MessageDigest.isEqual(check, slot.check()) || sealed.length < Aead.TAG_BYTES) {
        throw new AuthenticationFailedException();
      }
      aead.call(
          a -> {
            a.newContext().open(key, nonce(), slot.context(), sealed, 0, sealed.length, secret, 0);
            return null;
          });
      return DestroyableKey.consume(
          kem.call(k -> aead.call(a -> SealedBox.open(k, a, secret, purpose, slot.box()))));
    } finally {
      Arrays.fill(material, (byte) 0);
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** A key for the AEAD, and behind it what tells a wrong passphrase. */
  private byte[] material(byte[] passphrase, byte[] salt, PasswordHash.Cost cost)
      throws CryptoException {
    int length = Aead.KEY_BYTES + PassphraseSlot.CHECK_BYTES;
    return hash.call(h -> h.derive(passphrase, salt, cost, length));
  }

  private static DestroyableKey key(byte[] material) {
    return DestroyableKey.consume(Arrays.copyOf(material, Aead.KEY_BYTES));
  }

  private static byte[] nonce() {
    return new byte[Aead.NONCE_BYTES];
  }
}
