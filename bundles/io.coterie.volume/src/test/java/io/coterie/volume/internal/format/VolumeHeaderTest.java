package io.coterie.volume.internal.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.volume.internal.format.KeySlot.DeviceSlot;
import io.coterie.volume.internal.format.KeySlot.OtherSlot;
import io.coterie.volume.internal.format.KeySlot.PassphraseSlot;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VolumeHeaderTest {
  private static final Aead AEAD = AeadProviders.usual(Aead.CHACHA20_POLY1305);
  private static final byte[] ID = new byte[Sizes.VOLUME_ID];
  private static final Entropy ENTROPY = new Random(7)::nextBytes;

  private final DestroyableKey wrapping = DestroyableKey.consume(ENTROPY.bytes(32));

  private static List<KeySlot> slots() {
    return List.of(
        new DeviceSlot(ENTROPY.bytes(32), ENTROPY.bytes(50), ENTROPY.bytes(60)),
        new PassphraseSlot(
            "safe",
            ENTROPY.bytes(16),
            PasswordHash.Cost.recommended(),
            ENTROPY.bytes(32),
            ENTROPY.bytes(50),
            ENTROPY.bytes(40),
            ENTROPY.bytes(60)),
        new OtherSlot(9, ENTROPY.bytes(20)));
  }

  private byte[] encoded(List<KeySlot> slots) {
    try (VolumeKeys keys = VolumeKeys.fresh(ID, AEAD.algorithm(), ENTROPY, 0)) {
      return VolumeHeader.seal(
              ID,
              3,
              8L << 20,
              "none",
              5,
              VolumeHeader.Rekeying.NONE,
              slots,
              keys,
              wrapping,
              AEAD,
              ENTROPY)
          .encode(wrapping);
    }
  }

  private void open(byte[] bytes) throws MalformedInputException {
    VolumeHeader.decode(bytes).open(bytes, wrapping, AEAD).close();
  }

  @Test
  void slotsAreReadAsTheyWereWrittenAndUnknownOnesAreKept() throws Exception {
    byte[] bytes = encoded(slots());
    open(bytes);
    VolumeHeader header = VolumeHeader.decode(bytes);
    assertEquals(List.of(1, 2, 9), header.slots().stream().map(KeySlot::type).toList());
    assertArrayEquals(bytes, header.encode(wrapping));
  }

  @Test
  void whateverIsCutOrAlteredIsMalformed() {
    byte[] bytes = encoded(slots());
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(MalformedInputException.class, () -> open(cut), "cut at " + length);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThrows(MalformedInputException.class, () -> open(longer));
    for (int at = 0; at < bytes.length; at++) {
      byte[] altered = bytes.clone();
      altered[at] ^= (byte) (1 << at % 8);
      assertThrows(MalformedInputException.class, () -> open(altered), "altered at " + at);
    }
  }

  @Test
  void aSlotThatCostsTooMuchMemoryOrTimeIsRefused() {
    for (PasswordHash.Cost cost :
        List.of(
            new PasswordHash.Cost(1_000_000, 64, 1),
            new PasswordHash.Cost(1, 1 << 30, 1),
            new PasswordHash.Cost(0, 64, 1),
            new PasswordHash.Cost(-1, -1, -1))) {
      byte[] some = new byte[32];
      byte[] hostile =
          encoded(List.of(new PassphraseSlot("x", new byte[16], cost, some, some, some, some)));
      assertThrows(MalformedInputException.class, () -> VolumeHeader.decode(hostile), "" + cost);
    }
  }

  @Test
  void moreSlotsThanAllowedAreRefused() {
    byte[] bytes = encoded(slots());
    int count = 8 + 1 + 16 + 8 + 8 + 4 + AEAD.algorithm().length() + 4 + 4 + 8 + 1 + 8;
    assertEquals(slots().size(), bytes[count]);
    bytes[count] = KeySlot.MAX_SLOTS + 1;
    assertThrows(MalformedInputException.class, () -> VolumeHeader.decode(bytes));
    KeySlot[] many = new KeySlot[KeySlot.MAX_SLOTS + 1];
    Arrays.fill(many, new OtherSlot(9, new byte[1]));
    assertThrows(IllegalArgumentException.class, () -> encoded(List.of(many)));
    byte[] none = encoded(List.of());
    assertThrows(MalformedInputException.class, () -> VolumeHeader.decode(none));
  }
}
