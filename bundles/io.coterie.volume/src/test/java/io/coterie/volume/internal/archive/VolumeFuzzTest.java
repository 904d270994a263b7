package io.coterie.volume.internal.archive;

import io.coterie.base.codec.ByteWriter;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.testkit.Mutations;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.MapStream;
import io.coterie.volume.internal.format.RootRecord;
import io.coterie.volume.internal.format.SealingKeys;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A slice of the fuzzing campaign. */
class VolumeFuzzTest {
  private static final int ROUNDS = Integer.getInteger("coterie.fuzz", 20_000);
  private static final Random RANDOM = new Random(3);

  private static byte[] some(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static byte[] of(int kind, byte[] bytes) {
    return new ByteWriter().u8(kind).raw(bytes).toByteArray();
  }

  private static List<KeySlot> slots() {
    return List.of(
        new KeySlot.DeviceSlot(some(32), some(20), some(30)),
        new KeySlot.PassphraseSlot(
            "safe",
            some(16),
            PasswordHash.Cost.recommended(),
            some(32),
            some(20),
            some(30),
            some(40)));
  }

  private static byte[] header() {
    Aead aead = AeadProviders.usual(Aead.AES_256_GCM);
    byte[] id = some(16);
    try (VolumeKeys keys = VolumeKeys.fresh(id, aead.algorithm(), RANDOM::nextBytes, 0);
        DestroyableKey wrapping = DestroyableKey.consume(some(32))) {
      return VolumeHeader.seal(
              id,
              1,
              8L << 20,
              VolumeHeader.NO_COMPRESSION,
              0,
              VolumeHeader.Rekeying.NONE,
              slots(),
              keys,
              wrapping,
              aead,
              RANDOM::nextBytes)
          .encode(wrapping);
    }
  }

  private static byte[] stream() {
    SnapshotEntry snapshot =
        new SnapshotEntry(
            "monday", "as it was", 5, 1, 8L << 20, 7, 1, new long[8], 9, false, 0, some(32));
    return MapStream.encode(
        3,
        visitor -> {
          for (int id = 1; id <= 3; id++) {
            visitor.segment(id * 100L, id * 7, 1);
          }
        },
        List.of(snapshot));
  }

  private static byte[] archive() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (SealingKeys keys = new SealingKeys(some(SealingKeys.BYTES))) {
      new ArchiveHeader(some(16), "zstd", slots()).writeTo(out, keys);
    }
    return out.toByteArray();
  }

  private static byte[] content() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    new ArchiveSubject("web", 8L << 20, "AES", "one", "", 0, some(32), some(32), "none")
        .writeTo(out);
    out.writeByte(ArchiveWriter.DATA);
    out.writeLong(4096);
    out.writeInt(4096);
    out.write(some(4096));
    out.writeByte(ArchiveWriter.HOLE);
    out.writeLong(8192);
    out.writeLong(8192);
    out.writeByte(ArchiveWriter.END);
    out.writeLong(4096);
    return bytes.toByteArray();
  }

  @Test
  void whateverIsReadIsTakenOrRefusedAsMalformed() throws Exception {
    byte[] device = slots().get(0).body();
    byte[] passphrase = slots().get(1).body();
    RootRecord root = new RootRecord(3, 5, LogPosition.start(), 1, 1, new long[8], 9, 1, 2, 3, 1);
    List<byte[]> seeds =
        List.of(
            of(VolumeBytesFuzz.HEADER, header()),
            of(VolumeBytesFuzz.SLOT, of(KeySlot.DEVICE, device)),
            of(VolumeBytesFuzz.SLOT, of(KeySlot.PASSPHRASE, passphrase)),
            of(VolumeBytesFuzz.STREAM, stream()),
            of(VolumeBytesFuzz.ROOT, root.encode()),
            of(VolumeBytesFuzz.ARCHIVE, archive()),
            of(VolumeBytesFuzz.CONTENT, content()));
    new Mutations(22)
        .run(VolumeBytesFuzz.class, seeds, ROUNDS, VolumeBytesFuzz::fuzzerTestOneInput);
  }
}
