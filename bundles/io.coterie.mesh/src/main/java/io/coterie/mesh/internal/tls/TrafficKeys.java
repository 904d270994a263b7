package io.coterie.mesh.internal.tls;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DestroyableKey;
import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;

/**
 * The traffic key of one direction and the number of its next record (RFC 8446 sections 5.3, 7.2
 * and 7.3). One thread.
 */
final class TrafficKeys implements AutoCloseable {
  private static final byte[] NOTHING = new byte[0];

  private final int hash;
  private final int hashBytes;
  private TlsSecret secret;
  private DestroyableKey key;
  private byte[] iv;
  private long sequence;

  /**
   * Takes a traffic secret over.
   *
   * @param hash of the cipher suite, in the library's numbers
   */
  TrafficKeys(TlsSecret secret, int hash, int hashBytes) throws IOException {
    this.secret = secret;
    this.hash = hash;
    this.hashBytes = hashBytes;
    derive();
  }

  private void derive() throws IOException {
    key = DestroyableKey.consume(expand("key", Aead.KEY_BYTES).extract());
    iv = expand("iv", Aead.NONCE_BYTES).extract();
    sequence = 0;
  }

  private TlsSecret expand(String label, int lengthBytes) throws IOException {
    return TlsCryptoUtils.hkdfExpandLabel(secret, hash, label, NOTHING, lengthBytes);
  }

  /** Goes on with the next secret, after a KeyUpdate. */
  void update() throws IOException {
    TlsSecret next = expand("traffic upd", hashBytes);
    close();
    secret = next;
    derive();
  }

  DestroyableKey key() {
    return key;
  }

  /** Writes the nonce of the next record and counts it. */
  void nextNonce(byte[] nonce) {
    System.arraycopy(iv, 0, nonce, 0, iv.length);
    for (int i = 0; i < Long.BYTES; i++) {
      nonce[nonce.length - 1 - i] ^= (byte) (sequence >>> (8 * i));
    }
    sequence++;
  }

  /** How many records this key has sealed or opened. */
  long records() {
    return sequence;
  }

  @Override
  public void close() {
    secret.destroy();
    key.destroy();
    Arrays.fill(iv, (byte) 0);
  }
}
