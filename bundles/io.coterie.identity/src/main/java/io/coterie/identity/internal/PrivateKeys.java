package io.coterie.identity.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceKeys;
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

  void encode(ByteWriter out) {
    publicKeys.encode(out);
    append(out, ed25519);
    append(out, mlDsa87);
    append(out, kem);
  }

  private static void append(ByteWriter out, DestroyableKey key) {
    byte[] bytes = key.getEncoded();
    out.raw(bytes);
    Arrays.fill(bytes, (byte) 0);
  }

  static PrivateKeys decode(ByteReader in) throws MalformedInputException {
    return new PrivateKeys(
        DeviceKeys.decode(in),
        DestroyableKey.consume(in.raw(SEED_BYTES)),
        DestroyableKey.consume(in.raw(SEED_BYTES)),
        DestroyableKey.consume(in.raw(KEM_BYTES)));
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
