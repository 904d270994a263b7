package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.volume.api.BlockCodec;
import io.coterie.volume.internal.engine.BlockPacking;
import io.coterie.volume.internal.format.Packing;
import io.coterie.volume.internal.format.VolumeHeader;

/** Finds what packs the blocks of a volume. Thread-safe. */
final class VolumePackings {
  /** So long after the start codecs may still come; later nobody waits for one. */
  private static final long START_MILLIS = 30_000;

  private final VolumeAlgorithms algorithms;
  private final Clock clock;
  private final long startMillis;

  VolumePackings(VolumeAlgorithms algorithms, Clock clock) {
    this.algorithms = algorithms;
    this.clock = clock;
    this.startMillis = clock.monotonicMillis();
  }

  /** The word for a header; null stands for none. */
  static String check(String compression) {
    if (compression == null || compression.equals(VolumeHeader.NO_COMPRESSION)) {
      return VolumeHeader.NO_COMPRESSION;
    }
    if (!Packing.codecs().contains(compression)) {
      throw CoterieException.of(
          "COT-0553",
          ExitCode.USAGE,
          "'" + compression + "' is no compression of volumes",
          String.join(" or ", Packing.codecs()));
    }
    return compression;
  }

  /**
   * What a volume that is opened packs with. It stays in use until the volume is closed, also when
   * the codec is exchanged meanwhile.
   *
   * @param compression of its header
   */
  BlockPacking of(String compression) {
    return switch (check(compression)) {
      case BlockCodec.ZSTD -> with(algorithms.codec(), compression);
      case BlockCodec.LZ4 -> with(algorithms.lz4(), compression);
      default -> BlockPacking.none();
    };
  }

  private BlockPacking with(HotRef<BlockCodec> codec, String name) {
    boolean starting = clock.monotonicMillis() - startMillis < START_MILLIS;
    if (!codec.available() && !starting) {
      throw CoterieException.of(
          "COT-0556",
          ExitCode.FAILED,
          "nothing here compresses by " + name,
          "coterie feature list shows coterie-volume-" + name + "?");
    }
    return codec.call(BlockPacking::with);
  }
}
