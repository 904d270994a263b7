package io.coterie.mesh.internal.tls;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipherImpl;

/** Seals or opens the records of a handshake for the library, with the device's own AEADs. */
final class RecordCipher implements TlsAEADCipherImpl {
  private final AeadContext context;
  private final boolean encrypting;
  private DestroyableKey key;
  private byte[] nonce;
  private byte[] scratch = new byte[0];

  RecordCipher(AeadContext context, boolean encrypting) {
    this.context = context;
    this.encrypting = encrypting;
  }

  @Override
  public void setKey(byte[] bytes, int offset, int length) {
    if (key != null) {
      key.destroy();
    }
    byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
    key = new DestroyableKey(copy);
    Arrays.fill(copy, (byte) 0);
  }

  @Override
  public void init(byte[] newNonce, int macSize) {
    nonce = newNonce.clone();
  }

  @Override
  public int getOutputSize(int inputLength) {
    return encrypting ? inputLength + Aead.TAG_BYTES : Math.max(0, inputLength - Aead.TAG_BYTES);
  }

  @Override
  public int doFinal(
      byte[] additionalData, byte[] in, int inOffset, int length, byte[] out, int outOffset)
      throws IOException {
    // The library works in place; the AEAD wants apart arrays of about a record's size.
    if (scratch.length < length) {
      scratch = new byte[Math.max(length, 17 * 1024)];
    }
    System.arraycopy(in, inOffset, scratch, 0, length);
    if (encrypting) {
      context.seal(key, nonce, additionalData, scratch, 0, length, out, outOffset);
      return length + Aead.TAG_BYTES;
    }
    try {
      context.open(key, nonce, additionalData, scratch, 0, length, out, outOffset);
      return length - Aead.TAG_BYTES;
    } catch (AuthenticationFailedException e) {
      throw new TlsFatalAlert(AlertDescription.bad_record_mac, e);
    }
  }

  /** Wipes the key. */
  void destroy() {
    if (key != null) {
      key.destroy();
    }
  }
}
