package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.internal.files.SequentialInput;
import io.coterie.volume.internal.files.SequentialOutput;
import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.CheckpointHeader;
import io.coterie.volume.internal.format.SegmentKeys;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;

/** Writes and reads the map of a volume as a file of sealed leaves. The newest two are kept. */
final class CheckpointFiles {
  private static final String PREFIX = "checkpoint-";
  private static final int LEAF_BYTES = 4 + BlockMap.LEAF_LONGS * 8;
  private static final int SEALED_BYTES = LEAF_BYTES + Sizes.TAG;
  private static final int KEPT = 2;

  private final VolumeDirectory directory;
  private final byte[] volumeId;
  private final VolumeKeys keys;
  private final Aead aead;
  private final Entropy entropy;

  CheckpointFiles(
      VolumeDirectory directory, byte[] volumeId, VolumeKeys keys, Aead aead, Entropy entropy) {
    this.directory = directory;
    this.volumeId = volumeId;
    this.keys = keys;
    this.aead = aead;
    this.entropy = entropy;
  }

  /** Where in the log a map stands. */
  record Position(long segmentId, int blockIndex, long commit, byte[] chain) {}

  /** Names of checkpoint files, the newest first. */
  List<String> list() throws IOException {
    return directory.names(PREFIX).stream()
        .filter(name -> name.matches(PREFIX + "[0-9a-f]{16}"))
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  /** Writes a checkpoint durably and deletes those that are no longer kept. */
  void write(long number, long[][] leaves, Position position) throws IOException {
    int count = 0;
    for (long[] leaf : leaves) {
      count += leaf == null ? 0 : 1;
    }
    byte[] salt = entropy.bytes(Sizes.SALT);
    CheckpointHeader header =
        new CheckpointHeader(
            number,
            salt,
            position.segmentId(),
            position.blockIndex(),
            position.commit(),
            position.chain(),
            count);
    String name = PREFIX + String.format("%016x", number);
    String aside = "new-" + name;
    directory.delete(aside);
    try (SegmentKeys sealing = keys.checkpoint(number, salt);
        StoredFile file = directory.create(aside)) {
      OutputStream out = new BufferedOutputStream(new SequentialOutput(file), 1 << 18);
      out.write(header.encode(volumeId, sealing));
      writeLeaves(leaves, sealing, out);
      out.flush();
      file.force();
    } catch (IOException e) {
      directory.delete(aside);
      throw e;
    }
    directory.rename(aside, name);
    directory.force();
    List<String> all = list();
    for (String old : all.subList(Math.min(KEPT, all.size()), all.size())) {
      directory.delete(old);
    }
  }

  private void writeLeaves(long[][] leaves, SegmentKeys sealing, OutputStream out)
      throws IOException {
    AeadContext context = aead.newContext();
    byte[] plain = new byte[LEAF_BYTES];
    byte[] sealed = new byte[SEALED_BYTES];
    ByteBuffer nonce = ByteBuffer.allocate(Aead.NONCE_BYTES);
    int unit = 0;
    for (int i = 0; i < leaves.length; i++) {
      if (leaves[i] == null) {
        continue;
      }
      ByteBuffer view = ByteBuffer.wrap(plain).putInt(i);
      view.asLongBuffer().put(leaves[i]);
      nonce.putInt(Aead.NONCE_BYTES - 4, unit++);
      context.seal(sealing.dataKey(), nonce.array(), volumeId, plain, 0, LEAF_BYTES, sealed, 0);
      out.write(sealed);
    }
  }

  /** What a checkpoint held. */
  record Loaded(long number, Position position) {}

  /** Reads a checkpoint into an empty map. */
  Loaded read(String name, BlockMap map) throws IOException {
    try (StoredFile file = directory.open(name)) {
      InputStream in = new BufferedInputStream(new SequentialInput(file), 1 << 18);
      CheckpointHeader.Opened opened =
          CheckpointHeader.decode(exactly(in, new byte[CheckpointHeader.LENGTH]), keys);
      CheckpointHeader header = opened.header();
      try (SegmentKeys opening = opened.keys()) {
        readLeaves(in, header.leafCount(), opening, map);
      }
      if (in.read() >= 0) {
        throw new MalformedInputException("bytes behind the last leaf");
      }
      return new Loaded(
          header.number(),
          new Position(header.segmentId(), header.blockIndex(), header.commit(), header.chain()));
    }
  }

  private void readLeaves(InputStream in, int count, SegmentKeys opening, BlockMap map)
      throws IOException {
    AeadContext context = aead.newContext();
    byte[] plain = new byte[LEAF_BYTES];
    byte[] sealed = new byte[SEALED_BYTES];
    ByteBuffer nonce = ByteBuffer.allocate(Aead.NONCE_BYTES);
    for (int unit = 0; unit < count; unit++) {
      nonce.putInt(Aead.NONCE_BYTES - 4, unit);
      exactly(in, sealed);
      try {
        context.open(opening.dataKey(), nonce.array(), volumeId, sealed, 0, SEALED_BYTES, plain, 0);
      } catch (AuthenticationFailedException e) {
        throw new MalformedInputException("leaf " + unit + " was altered");
      }
      ByteBuffer view = ByteBuffer.wrap(plain);
      long first = (long) view.getInt() * Sizes.LEAF_BLOCKS;
      for (long lba = first; lba < Math.min(first + Sizes.LEAF_BLOCKS, map.blockCount()); lba++) {
        long location = view.getLong();
        long high = view.getLong();
        long low = view.getLong();
        if (location != BlockMap.HOLE) {
          map.put(lba, location, high, low);
        }
      }
    }
  }

  private static byte[] exactly(InputStream in, byte[] target) throws IOException {
    if (in.readNBytes(target, 0, target.length) != target.length) {
      throw new EOFException("the checkpoint is cut off");
    }
    return target;
  }
}
