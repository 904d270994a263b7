package io.coterie.mesh.api;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;

/**
 * The public identity keys of a device. The arrays are not to be changed.
 *
 * @param generation from 1, one more with each rotation
 * @param ed25519 32 bytes
 * @param mlDsa87 2592 bytes
 * @param kem X25519 with ML-KEM-1024, 1600 bytes: others wrap secrets for the device with it
 */
public record DeviceKeys(long generation, byte[] ed25519, byte[] mlDsa87, byte[] kem) {
  public static final int ED25519_BYTES = 32;
  public static final int ML_DSA_BYTES = 2592;
  public static final int KEM_BYTES = 1600;

  /** Refuses keys of other lengths. */
  public DeviceKeys {
    if (generation < 1
        || ed25519.length != ED25519_BYTES
        || mlDsa87.length != ML_DSA_BYTES
        || kem.length != KEM_BYTES) {
      throw new IllegalArgumentException("these are no device keys");
    }
  }

  /** Appends the canonical encoding: generation, then the keys, without lengths. */
  public void encode(ByteWriter out) {
    out.u64(generation).raw(ed25519).raw(mlDsa87).raw(kem);
  }

  /** Reads what {@link #encode} wrote. */
  public static DeviceKeys decode(ByteReader in) throws MalformedInputException {
    long generation = in.u64();
    if (generation < 1) {
      throw new MalformedInputException("key generation " + generation);
    }
    return new DeviceKeys(
        generation, in.raw(ED25519_BYTES), in.raw(ML_DSA_BYTES), in.raw(KEM_BYTES));
  }

  @Override
  public String toString() {
    return "DeviceKeys[generation " + generation + "]";
  }
}
