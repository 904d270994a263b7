package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.util.Arrays;
import java.util.function.Supplier;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.modes.AEADCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/** An AEAD by Bouncy Castle: slow, and there on every processor and every JDK. */
record PureJavaSource(String name, Supplier<AEADCipher> ciphers) implements AeadSource {
  private static final int TAG_BITS = 128;

  @Override
  public AeadContext newContext() {
    return new Context(ciphers.get(), ciphers.get());
  }

  private record Context(AEADCipher sealing, AEADCipher opening) implements AeadContext {
    @Override
    public void seal(
        DestroyableKey key,
        byte[] nonce,
        byte[] associatedData,
        byte[] in,
        int inOffset,
        int lengthBytes,
        byte[] out,
        int outOffset) {
      try {
        init(sealing, true, key, nonce, associatedData);
        int written = sealing.processBytes(in, inOffset, lengthBytes, out, outOffset);
        sealing.doFinal(out, outOffset + written);
      } catch (InvalidCipherTextException e) {
        throw new IllegalStateException("sealing failed", e);
      }
    }

    @Override
    public void open(
        DestroyableKey key,
        byte[] nonce,
        byte[] associatedData,
        byte[] in,
        int inOffset,
        int lengthBytes,
        byte[] out,
        int outOffset)
        throws AuthenticationFailedException {
      if (lengthBytes < Aead.TAG_BYTES) {
        throw new AuthenticationFailedException();
      }
      try {
        init(opening, false, key, nonce, associatedData);
        // Into an array of its own: the library writes plaintext before it knows the tag.
        byte[] plain = new byte[opening.getOutputSize(lengthBytes)];
        int written = opening.processBytes(in, inOffset, lengthBytes, plain, 0);
        written += opening.doFinal(plain, written);
        System.arraycopy(plain, 0, out, outOffset, written);
      } catch (InvalidCipherTextException e) {
        throw new AuthenticationFailedException();
      }
    }

    private static void init(
        AEADCipher cipher, boolean sealing, DestroyableKey key, byte[] nonce, byte[] aad) {
      byte[] bytes = key.getEncoded();
      try {
        cipher.init(sealing, new AEADParameters(new KeyParameter(bytes), TAG_BITS, nonce, aad));
      } finally {
        Arrays.fill(bytes, (byte) 0);
      }
    }
  }
}
