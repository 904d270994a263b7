package io.coterie.volume.internal.archive;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.name.Names;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * What an archive holds: a snapshot, or what changed from another one to it.
 *
 * @param identity of the snapshot, wherever it came from
 * @param base the identity of the one before, empty when the archive is whole
 * @param baseName its name, for people
 */
public record ArchiveSubject(
    String volume,
    long sizeBytes,
    String cipher,
    String snapshot,
    String description,
    long createdMillis,
    byte[] identity,
    byte[] base,
    String baseName) {
  private static final int MAX_BYTES = 2048;
  private static final int MAX_CIPHER_BYTES = 64;

  /** Whether it needs a base. */
  public boolean incremental() {
    return base.length > 0;
  }

  void writeTo(DataOutputStream out) throws IOException {
    byte[] body =
        new ByteWriter()
            .text(volume)
            .u64(sizeBytes)
            .text(cipher)
            .text(snapshot)
            .text(description)
            .u64(createdMillis)
            .raw(identity)
            .bytes(base)
            .text(baseName)
            .toByteArray();
    out.writeInt(body.length);
    out.write(body);
  }

  static ArchiveSubject readFrom(DataInputStream source) throws IOException {
    int length = source.readInt();
    if (length < 0 || length > MAX_BYTES) {
      throw new MalformedInputException("a subject of " + length + " bytes");
    }
    byte[] body = new byte[length];
    source.readFully(body);
    ByteReader in = new ByteReader(body);
    ArchiveSubject subject =
        new ArchiveSubject(
            in.text(SnapshotEntry.MAX_NAME_BYTES),
            in.u64(),
            in.text(MAX_CIPHER_BYTES),
            in.text(SnapshotEntry.MAX_NAME_BYTES),
            in.text(SnapshotEntry.MAX_DESCRIPTION_BYTES),
            in.u64(),
            in.raw(Sizes.HASH),
            in.bytes(Sizes.HASH),
            in.text(SnapshotEntry.MAX_NAME_BYTES));
    in.end();
    if (subject.sizeBytes < Sizes.MIN_VOLUME
        || subject.sizeBytes > Sizes.MAX_VOLUME
        || subject.sizeBytes % Sizes.BLOCK != 0
        || (subject.base.length != 0 && subject.base.length != Sizes.HASH)) {
      throw new MalformedInputException("no volume has " + subject.sizeBytes + " bytes");
    }
    for (String name : new String[] {subject.volume, subject.snapshot, subject.baseName}) {
      if (!name.isEmpty() && !Names.valid(name)) {
        throw new MalformedInputException("a name that no volume or snapshot has");
      }
    }
    return subject;
  }
}
