package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.volume.api.BlockCodec;
import io.coterie.volume.internal.engine.BlockPacking;
import io.coterie.volume.internal.format.Packing;
import io.coterie.volume.internal.format.VolumeHeader;

/** Finds what packs the blocks of a volume. Thread-safe. */
final class VolumePackings {
  private final VolumeAlgorithms algorithms;

  VolumePackings(VolumeAlgorithms algorithms) {
    this.algorithms = algorithms;
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
      case BlockCodec.ZSTD -> algorithms.codec().call(BlockPacking::with);
      case BlockCodec.LZ4 -> algorithms.lz4().call(BlockPacking::with);
      default -> BlockPacking.none();
    };
  }
}
