package io.coterie.identity.internal.roster;

import io.coterie.mesh.api.DeviceId;

/**
 * A signature under an entry.
 *
 * @param generation of the signer's keys; 0 for the recovery keys, whose signer is all zeros
 * @param bytes Ed25519, then ML-DSA-87
 */
public record EntrySignature(DeviceId signer, long generation, byte[] bytes) {
  public static final int BYTES = 64 + 4627;

  /** Who signs with the recovery keys. */
  public static final DeviceId RECOVERY = DeviceId.of(new byte[DeviceId.LENGTH_BYTES]);

  @Override
  public String toString() {
    return "EntrySignature[" + signer.shortForm() + "/" + generation + "]";
  }
}
