package io.coterie.identity.internal.roster;

import io.coterie.mesh.api.DeviceKeys;

/** Public keys whose secret is written down somewhere safe. */
public record RecoveryKeys(byte[] ed25519, byte[] mlDsa87) {
  public RecoveryKeys {
    if (ed25519.length != DeviceKeys.ED25519_BYTES || mlDsa87.length != DeviceKeys.ML_DSA_BYTES) {
      throw new IllegalArgumentException("these are no recovery keys");
    }
  }

  @Override
  public String toString() {
    return "RecoveryKeys";
  }
}
