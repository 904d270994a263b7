package io.coterie.volume.internal.engine;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.internal.files.DiskDirectory;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A volume without a device around it; its keys are the same each time, and guard nothing. */
public final class BenchVolume {
  private BenchVolume() {}

  /** Opens the files in a directory, or begins new ones. */
  public static LogVolume open(Path directory, long sizeBytes, Aead aead, boolean fresh)
      throws IOException {
    byte[] id = new byte[16];
    VolumeHeader header =
        new VolumeHeader(
            id,
            1,
            sizeBytes,
            Aead.AES_256_GCM,
            VolumeHeader.NO_COMPRESSION,
            0,
            VolumeHeader.Rekeying.NONE,
            List.of(),
            new byte[Aead.NONCE_BYTES],
            new byte[0]);
    return LogVolume.open(
        new DiskDirectory(directory),
        header,
        VolumeKeys.fresh(id, Aead.AES_256_GCM, new Random(1)::nextBytes, 0),
        aead,
        BlockPacking.none(),
        Witness.NONE,
        new EngineContext(
            new SystemEntropy(),
            new SystemThreads(),
            new SystemClock(),
            MapBudget.ofThisProcess(),
            CleaningPolicy.usual()),
        fresh);
  }
}
