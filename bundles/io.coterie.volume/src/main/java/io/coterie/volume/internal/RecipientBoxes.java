package io.coterie.volume.internal;

import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.KeySlot.DeviceSlot;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Seals keys to recipients, and opens what is sealed to this device. Thread-safe. */
final class RecipientBoxes {
  private final LocalIdentity identity;

  RecipientBoxes(LocalIdentity identity) {
    this.identity = identity;
  }

  /** The slot with a key in its box. */
  KeySlot.Recipient sealed(String purpose, KeySlot.Recipient slot, DestroyableKey key)
      throws CryptoException {
    byte[] secret = key.getEncoded();
    try {
      return slot.withBox(identity.seal(slot.publicKey(), purpose, secret));
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** The slot of this device, with a key in its box. */
  KeySlot.Recipient ownSlot(String purpose, DestroyableKey key) throws CryptoException {
    byte[] id = identity.id().toByteArray();
    return sealed(purpose, new DeviceSlot(id, identity.keys().kem(), new byte[0]), key);
  }

  /** Whether it is the slot of this device. */
  boolean isOwn(KeySlot slot) {
    return slot instanceof DeviceSlot device && identity.is(DeviceId.of(device.deviceId()));
  }

  /**
   * The key in the box for this device, if one of the slots is for it.
   *
   * @throws CryptoException when that slot does not open
   */
  Optional<DestroyableKey> open(String purpose, List<KeySlot> slots) throws CryptoException {
    for (KeySlot slot : slots) {
      if (isOwn(slot)) {
        byte[] box = ((DeviceSlot) slot).box();
        return Optional.of(DestroyableKey.consume(identity.unseal(purpose, box)));
      }
    }
    return Optional.empty();
  }
}
