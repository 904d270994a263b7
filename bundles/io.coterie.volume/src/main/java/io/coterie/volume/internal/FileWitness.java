package io.coterie.volume.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.file.SafeFiles;
import io.coterie.volume.internal.engine.Witness;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A small file beside the volumes that says how far one of them was. */
final class FileWitness implements Witness {
  private static final int VERSION = 1;
  private static final int MAX_BYTES = 256;

  private final Path file;

  FileWitness(Path file) {
    this.file = file;
  }

  private record Memory(long checkpoint, long commit, byte[] chain) {}

  @Override
  public String objection(long checkpoint, LogPosition position, long endCommit)
      throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    Memory memory;
    try {
      memory = read();
    } catch (MalformedInputException e) {
      return "how far the volume was cannot be told, so this may be an older copy: "
          + e.getMessage();
    }
    if (endCommit < memory.commit()) {
      return "these files are older than the volume was: they end with commit "
          + endCommit
          + ", and commit "
          + memory.commit()
          + " was seen";
    }
    boolean other =
        checkpoint == memory.checkpoint()
            && (position.commit() != memory.commit()
                || !Arrays.equals(position.chain(), memory.chain()));
    return other
        ? "these files are another continuation of the volume: checkpoint "
            + checkpoint
            + " is not the one that was seen"
        : null;
  }

  private Memory read() throws IOException {
    ByteReader in = new ByteReader(SafeFiles.readBounded(file, MAX_BYTES));
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException(file.getFileName() + " has an unknown version");
    }
    Memory memory = new Memory(in.u64(), in.u64(), in.raw(Sizes.HASH));
    in.end();
    return memory;
  }

  @Override
  public void seen(long checkpoint, LogPosition position) throws IOException {
    SafeFiles.replace(
        file,
        new ByteWriter()
            .u8(VERSION)
            .u64(checkpoint)
            .u64(position.commit())
            .raw(position.chain())
            .toByteArray());
  }

  /** What is found from now on is right. */
  void forget() throws IOException {
    Files.deleteIfExists(file);
  }
}
