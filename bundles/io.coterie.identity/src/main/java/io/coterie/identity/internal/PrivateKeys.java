package io.coterie.identity.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceKeys;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One generation of a device's identity keys. The secret halves live outside the heap.
 *
 * @param ed25519 seed, 32 bytes
 * @param mlDsa87 seed, 32 bytes
 * @param kem 96 bytes
 */
record PrivateKeys(
    DeviceKeys publicKeys, DestroyableKey ed25519, DestroyableKey mlDsa87, DestroyableKey kem) {
  private static final int SEED_BYTES = 32;
  private static final int KEM_BYTES = 96;

  /** All three together. */
  static final int SECRET_BYTES = 2 * SEED_BYTES + KEM_BYTES;

  void encodeSecrets(ByteBuffer out) {
    for (DestroyableKey key : new DestroyableKey[] {ed25519, mlDsa87, kem}) {
      byte[] bytes = key.getEncoded();
      out.put(bytes);
      Arrays.fill(bytes, (byte) 0);
    }
  }

  static PrivateKeys decode(DeviceKeys publicKeys, ByteBuffer secrets)
      throws MalformedInputException {
    if (secrets.remaining() < SECRET_BYTES) {
      throw new MalformedInputException("the secrets are cut off");
    }
    return new PrivateKeys(
        publicKeys, take(secrets, SEED_BYTES), take(secrets, SEED_BYTES), take(secrets, KEM_BYTES));
  }

  private static DestroyableKey take(ByteBuffer secrets, int lengthBytes) {
    byte[] bytes = new byte[lengthBytes];
    secrets.get(bytes);
    return DestroyableKey.consume(bytes);
  }

  /** Wipes the secret halves. */
  void destroy() {
    ed25519.destroy();
    mlDsa87.destroy();
    kem.destroy();
  }

  @Override
  public String toString() {
    return "PrivateKeys[" + publicKeys + "]";
  }
}
