package io.coterie.vault.internal;

import io.coterie.base.codec.Hkdf;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/** Wraps the vault key with a wrapping key, and seals with the vault key. Thread-safe. */
final class Wrapping {
  private static final byte[] WRAP = "coterie-vault-wrap-v1".getBytes(StandardCharsets.UTF_8);
  private static final byte[] CHECK = "coterie-vault-check-v1".getBytes(StandardCharsets.UTF_8);

  private final HotRef<Aead> aead;
  private final Entropy entropy;

  Wrapping(HotRef<Aead> aead, Entropy entropy) {
    this.aead = aead;
    this.entropy = entropy;
  }

  Slot wrap(Slot.Method method, byte[] parameters, DestroyableKey wrapping, DestroyableKey vault) {
    byte[] salt = entropy.bytes(Slot.SALT_BYTES);
    byte[] secret = vault.getEncoded();
    byte[] wrapped = new byte[secret.length + Aead.TAG_BYTES];
    try (DestroyableKey key = derive(wrapping, salt, WRAP)) {
      // The salt is fresh, so the key seals once: the nonce may be zero.
      seal(key, new byte[Aead.NONCE_BYTES], Slot.context(method, parameters), secret, wrapped);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
    return new Slot(method, parameters, salt, check(wrapping, salt), wrapped);
  }

  /**
   * The vault key of a slot. A wrong wrapping key is found by a comparison in constant time, after
   * the same work as for the right one.
   *
   * @throws AuthenticationFailedException when the wrapping key is another or the slot was altered
   */
  DestroyableKey unwrap(Slot slot, DestroyableKey wrapping) throws AuthenticationFailedException {
    boolean right = MessageDigest.isEqual(check(wrapping, slot.salt()), slot.check());
    byte[] secret = new byte[Aead.KEY_BYTES];
    try (DestroyableKey key = derive(wrapping, slot.salt(), WRAP)) {
      byte[] context = Slot.context(slot.method(), slot.parameters());
      open(key, new byte[Aead.NONCE_BYTES], context, slot.wrapped(), secret);
      if (!right) {
        throw new AuthenticationFailedException();
      }
      return new DestroyableKey(secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private static DestroyableKey derive(DestroyableKey wrapping, byte[] salt, byte[] label) {
    byte[] bytes = wrapping.getEncoded();
    try {
      return DestroyableKey.consume(Hkdf.derive(bytes, salt, label, Aead.KEY_BYTES));
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static byte[] check(DestroyableKey wrapping, byte[] salt) {
    try (DestroyableKey key = derive(wrapping, salt, CHECK)) {
      return key.getEncoded();
    }
  }

  void seal(DestroyableKey key, byte[] nonce, byte[] associatedData, byte[] plain, byte[] sealed) {
    aead.call(
        a -> {
          a.newContext().seal(key, nonce, associatedData, plain, 0, plain.length, sealed, 0);
          return null;
        });
  }

  void open(DestroyableKey key, byte[] nonce, byte[] associatedData, byte[] sealed, byte[] plain)
      throws AuthenticationFailedException {
    aead.call(
        a -> {
          a.newContext().open(key, nonce, associatedData, sealed, 0, sealed.length, plain, 0);
          return null;
        });
  }
}
