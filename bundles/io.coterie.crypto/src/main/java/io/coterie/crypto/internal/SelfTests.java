package io.coterie.crypto.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.util.Arrays;

/**
 * What every implementation must do, tried on the one that is running now. Plugins check published
 * answers themselves before they offer anything.
 */
public final class SelfTests {
  private static final int MESSAGE_BYTES = 1000;

  private final Entropy entropy;

  public SelfTests(Entropy entropy) {
    this.entropy = entropy;
  }

  /** Throws with the reason when the implementation is not sound. */
  public void run(Object service) throws CryptoException {
    if (service instanceof Kem kem) {
      run(kem);
    } else if (service instanceof Signer signer) {
      run(signer);
    } else if (service instanceof Aead aead) {
      run(aead);
    } else if (service instanceof PasswordHash hash) {
      run(hash);
    } else {
      throw new CryptoException("there is no test for " + service.getClass().getName());
    }
  }

  private void run(Kem kem) throws CryptoException {
    KemKeyPair keys = kem.generate(entropy);
    Encapsulation sent = kem.encapsulate(keys.publicKey(), entropy);
    byte[] received = kem.decapsulate(keys.privateKey(), sent.ciphertext());
    require(Arrays.equals(sent.sharedSecret(), received), "both ends have another secret");
    byte[] altered = sent.ciphertext().clone();
    altered[0] ^= 1;
    byte[] other = kem.decapsulate(keys.privateKey(), altered);
    require(!Arrays.equals(other, received), "an altered ciphertext gives the same secret");
  }

  private void run(Signer signer) throws CryptoException {
    SignatureKeyPair keys = signer.generate(entropy);
    byte[] message = entropy.bytes(MESSAGE_BYTES);
    byte[] signature = signer.sign(keys.privateKey(), message, entropy);
    require(signer.verify(keys.publicKey(), message, signature), "a good signature is refused");
    message[0] ^= 1;
    require(!signer.verify(keys.publicKey(), message, signature), "another message is accepted");
  }

  private void run(Aead aead) throws CryptoException {
    AeadContext context = aead.newContext();
    byte[] nonce = entropy.bytes(Aead.NONCE_BYTES);
    byte[] plain = entropy.bytes(MESSAGE_BYTES);
    byte[] sealed = new byte[plain.length + Aead.TAG_BYTES];
    byte[] opened = new byte[plain.length];
    try (DestroyableKey key = DestroyableKey.consume(entropy.bytes(Aead.KEY_BYTES))) {
      context.seal(key, nonce, nonce, plain, 0, plain.length, sealed, 0);
      context.open(key, nonce, nonce, sealed, 0, sealed.length, opened, 0);
      require(Arrays.equals(plain, opened), "what was sealed is not what is opened");
      sealed[0] ^= 1;
      context.open(key, nonce, nonce, sealed, 0, sealed.length, opened, 0);
    } catch (AuthenticationFailedException e) {
      return;
    }
    throw new CryptoException("altered bytes are accepted");
  }

  private void run(PasswordHash hash) throws CryptoException {
    byte[] password = entropy.bytes(PasswordHash.MIN_SALT_BYTES);
    byte[] salt = entropy.bytes(PasswordHash.MIN_SALT_BYTES);
    PasswordHash.Cost cost = new PasswordHash.Cost(1, 64, 1);
    byte[] key = hash.derive(password, salt, cost, Aead.KEY_BYTES);
    byte[] again = hash.derive(password, salt, cost, Aead.KEY_BYTES);
    require(Arrays.equals(key, again), "one passphrase gives two keys");
    salt[0] ^= 1;
    byte[] other = hash.derive(password, salt, cost, Aead.KEY_BYTES);
    require(!Arrays.equals(key, other), "another salt gives the same key");
  }

  private static void require(boolean holds, String what) throws CryptoException {
    if (!holds) {
      throw new CryptoException(what);
    }
  }
}
