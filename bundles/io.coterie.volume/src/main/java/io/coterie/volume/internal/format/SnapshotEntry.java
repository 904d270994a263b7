package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.codec.Sha256;
import java.util.ArrayList;
import java.util.List;

/**
 * A snapshot in the catalogue.
 *
 * @param era the one that it ended
 * @param commit the newest one that it contains
 * @param pointer to the top of its tree, 8 numbers
 * @param mappedBlocks blocks that hold data
 * @param deleting true once it is being deleted
 * @param cursor leaves below this index are deleted already
 * @param origin the identity of the snapshot of which it is a copy, empty when it is none
 */
public record SnapshotEntry(
    String name,
    String description,
    long createdMillis,
    int era,
    long sizeBytes,
    long commit,
    int topLevel,
    long[] pointer,
    long mappedBlocks,
    boolean deleting,
    long cursor,
    byte[] origin) {
  /** More than people may make: an act needs one for a while. */
  public static final int MAX_SNAPSHOTS = 1024;

  public static final int MAX_NAME_BYTES = 40;
  public static final int MAX_DESCRIPTION_BYTES = 256;

  /** Where its tree begins. */
  public TreeTop top() {
    return new TreeTop(topLevel, pointer);
  }

  /** The same at another place. */
  public SnapshotEntry at(long[] newPointer) {
    return new SnapshotEntry(
        name,
        description,
        createdMillis,
        era,
        sizeBytes,
        commit,
        topLevel,
        newPointer.clone(),
        mappedBlocks,
        deleting,
        cursor,
        origin);
  }

  /** The same, deleted up to a leaf. */
  public SnapshotEntry deletedTo(long leaf) {
    return new SnapshotEntry(
        name,
        description,
        createdMillis,
        era,
        sizeBytes,
        commit,
        topLevel,
        pointer,
        mappedBlocks,
        true,
        leaf,
        origin);
  }

  /** Names its content wherever it was copied to: 32 bytes. */
  public byte[] identity(byte[] volumeId) {
    return origin.length == Sizes.HASH
        ? origin
        : Sha256.of(
            new ByteWriter()
                .text("coterie-snapshot-v1")
                .raw(volumeId)
                .u32(era)
                .u64(commit)
                .u64(createdMillis)
                .toByteArray());
  }

  /** True when the tree still needs the entries of a leaf, or a node that ends with it. */
  public boolean holds(long lastLeaf) {
    return lastLeaf >= cursor;
  }

  static byte[] encode(List<SnapshotEntry> all) {
    ByteWriter out = new ByteWriter().u16(all.size());
    for (SnapshotEntry s : all) {
      out.text(s.name)
          .text(s.description)
          .u64(s.createdMillis)
          .u32(s.era)
          .u64(s.sizeBytes)
          .u64(s.commit)
          .u8(s.topLevel);
      for (long word : s.pointer) {
        out.u64(word);
      }
      out.u64(s.mappedBlocks).u8(s.deleting ? 1 : 0).u64(s.cursor).bytes(s.origin);
    }
    return out.toByteArray();
  }

  static List<SnapshotEntry> decode(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    int count = in.u16();
    if (count > MAX_SNAPSHOTS) {
      throw new MalformedInputException(count + " snapshots");
    }
    List<SnapshotEntry> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = in.text(MAX_NAME_BYTES);
      String description = in.text(MAX_DESCRIPTION_BYTES);
      long created = in.u64();
      int era = (int) in.u32();
      long size = in.u64();
      long commit = in.u64();
      int top = in.u8();
      long[] pointer = new long[Sizes.POINTER_LONGS];
      for (int word = 0; word < pointer.length; word++) {
        pointer[word] = in.u64();
      }
      all.add(
          new SnapshotEntry(
              name,
              description,
              created,
              era,
              size,
              commit,
              top,
              pointer,
              in.u64(),
              in.u8() == 1,
              in.u64(),
              in.bytes(Sizes.HASH)));
    }
    in.end();
    return all;
  }
}
