package io.coterie.volume.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.file.SafeFiles;
import io.coterie.volume.api.ScrubState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file {@code scrub} of a volume: what the last reading of the whole of it found. */
final class ScrubFile {
  private static final Logger LOG = LoggerFactory.getLogger(ScrubFile.class);
  private static final String FILE = "scrub";
  private static final int VERSION = 1;
  private static final int MAX_BYTES = 64;

  private ScrubFile() {}

  /** Null when there was none yet, or nobody knows. */
  static ScrubState read(Path volume) {
    Path file = volume.resolve(FILE);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      ByteReader in = new ByteReader(SafeFiles.readBounded(file, MAX_BYTES));
      if (in.u8() != VERSION) {
        throw new MalformedInputException("unknown version");
      }
      ScrubState state = new ScrubState(in.u64(), in.u64(), in.u64());
      in.end();
      return state;
    } catch (IOException e) {
      LOG.warn("COT-0555 when {} was read last is not known: {}", volume, e.getMessage());
      return null;
    }
  }

  static void write(Path volume, ScrubState state) {
    try {
      SafeFiles.replace(
          volume.resolve(FILE),
          new ByteWriter()
              .u8(VERSION)
              .u64(state.atMillis())
              .u64(state.blocks())
              .u64(state.damagedBlocks())
              .toByteArray());
    } catch (IOException e) {
      LOG.warn("COT-0555 that {} was read is not remembered: {}", volume, e.getMessage());
    }
  }
}
