package io.coterie.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every {@link Aead} does, whoever made it. A plugin's test extends this. */
public abstract class AeadContract {
  private final Random random = new Random(5);

  /** The cipher under test. */
  protected abstract Aead aead();

  private byte[] bytes(int count) {
    byte[] all = new byte[count];
    random.nextBytes(all);
    return all;
  }

  private static byte[] seal(
      AeadContext c, DestroyableKey key, byte[] nonce, byte[] aad, byte[] in) {
    byte[] out = new byte[in.length + Aead.TAG_BYTES];
    c.seal(key, nonce, aad, in, 0, in.length, out, 0);
    return out;
  }

  private static byte[] open(AeadContext c, DestroyableKey key, byte[] nonce, byte[] aad, byte[] in)
      throws AuthenticationFailedException {
    byte[] out = new byte[Math.max(0, in.length - Aead.TAG_BYTES)];
    c.open(key, nonce, aad, in, 0, in.length, out, 0);
    return out;
  }

  @Test
  public void whatWasSealedIsOpenedAtEveryLength() throws Exception {
    AeadContext context = aead().newContext();
    for (int length : new int[] {0, 1, 15, 16, 17, 255, 4096, 16_384, 100_003}) {
      DestroyableKey key = new DestroyableKey(bytes(Aead.KEY_BYTES));
      byte[] nonce = bytes(Aead.NONCE_BYTES);
      byte[] aad = bytes(length % 50);
      byte[] plain = bytes(length);
      byte[] sealed = seal(context, key, nonce, aad, plain);
      assertArrayEquals(plain, open(context, key, nonce, aad, sealed), "length " + length);
      assertArrayEquals(plain, open(aead().newContext(), key, nonce, aad, sealed));
    }
  }

  @Test
  public void nothingAlteredIsOpenedAndTheContextGoesOn() throws Exception {
    AeadContext context = aead().newContext();
    DestroyableKey key = new DestroyableKey(bytes(Aead.KEY_BYTES));
    byte[] nonce = bytes(Aead.NONCE_BYTES);
    byte[] aad = bytes(20);
    byte[] plain = bytes(100);
    byte[] sealed = seal(context, key, nonce, aad, plain);
    for (int at = 0; at < sealed.length; at++) {
      byte[] bad = sealed.clone();
      bad[at] ^= 1;
      assertThrows(AuthenticationFailedException.class, () -> open(context, key, nonce, aad, bad));
      byte[] cut = Arrays.copyOf(sealed, at);
      assertThrows(AuthenticationFailedException.class, () -> open(context, key, nonce, aad, cut));
    }
    byte[] otherNonce = nonce.clone();
    otherNonce[3] ^= 1;
    byte[] otherAad = Arrays.copyOf(aad, 19);
    DestroyableKey otherKey = new DestroyableKey(bytes(Aead.KEY_BYTES));
    assertThrows(
        AuthenticationFailedException.class, () -> open(context, key, otherNonce, aad, sealed));
    assertThrows(
        AuthenticationFailedException.class, () -> open(context, key, nonce, otherAad, sealed));
    assertThrows(
        AuthenticationFailedException.class, () -> open(context, otherKey, nonce, aad, sealed));
    assertArrayEquals(plain, open(context, key, nonce, aad, sealed));
  }

  @Test
  public void offsetsAreKeptAndNothingAroundIsTouched() throws Exception {
    AeadContext context = aead().newContext();
    DestroyableKey key = new DestroyableKey(bytes(Aead.KEY_BYTES));
    byte[] nonce = bytes(Aead.NONCE_BYTES);
    byte[] source = bytes(300);
    byte[] target = new byte[400];
    context.seal(key, nonce, new byte[0], source, 100, 64, target, 50);
    for (int i = 0; i < target.length; i++) {
      boolean inside = i >= 50 && i < 50 + 64 + Aead.TAG_BYTES;
      assertFalse(!inside && target[i] != 0, "byte " + i);
    }
    byte[] back = new byte[200];
    context.open(key, nonce, new byte[0], target, 50, 64 + Aead.TAG_BYTES, back, 7);
    assertArrayEquals(Arrays.copyOfRange(source, 100, 164), Arrays.copyOfRange(back, 7, 71));
  }

  @Test
  public void aDeadKeySealsNothing() {
    DestroyableKey key = new DestroyableKey(bytes(Aead.KEY_BYTES));
    key.destroy();
    assertThrows(
        IllegalStateException.class,
        () -> seal(aead().newContext(), key, bytes(Aead.NONCE_BYTES), new byte[0], bytes(10)));
  }
}
