package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;

/** One JCA cipher for sealing and one for opening. */
final class JcaAeadContext implements AeadContext {
  private final CipherSource source;
  private final Cipher sealing;
  private Cipher opening;

  JcaAeadContext(CipherSource source) throws GeneralSecurityException {
    this.source = source;
    this.sealing = source.cipher();
    this.opening = source.cipher();
  }

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
      sealing.init(Cipher.ENCRYPT_MODE, source.key(key), source.parameters(nonce));
      sealing.updateAAD(associatedData);
      int written = sealing.doFinal(in, inOffset, lengthBytes, out, outOffset);
      if (written != lengthBytes + Aead.TAG_BYTES) {
        throw new IllegalStateException("the cipher wrote " + written + " bytes");
      }
    } catch (GeneralSecurityException e) {
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
      if (source.freshCipherForEachOpen()) {
        opening = source.cipher();
      }
      opening.init(Cipher.DECRYPT_MODE, source.key(key), source.parameters(nonce));
      opening.updateAAD(associatedData);
      opening.doFinal(in, inOffset, lengthBytes, out, outOffset);
    } catch (AEADBadTagException e) {
      throw new AuthenticationFailedException();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening failed", e);
    }
  }
}
