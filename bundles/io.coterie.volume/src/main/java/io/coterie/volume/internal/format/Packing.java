package io.coterie.volume.internal.format;

import io.coterie.volume.api.BlockCodec;
import java.util.List;

/** How blocks are made shorter before they are sealed. See docs/formats/volume.md. */
public final class Packing {
  /** The number of no codec. */
  public static final int NONE = 0;

  /** What stands before the compressed bytes. */
  public static final int HEAD_BYTES = 2;

  /** Of a unit that is worth it: an eighth less than a block. */
  public static final int MOST_GRANULES = Sizes.BLOCK_GRANULES * 7 / 8;

  public static final int MOST_BYTES = MOST_GRANULES * Sizes.GRANULE;

  /** The codecs in the order of their numbers, from 1. */
  private static final List<String> CODECS = List.of(BlockCodec.ZSTD, BlockCodec.LZ4);

  private Packing() {}

  /** The names that a volume's header may have. */
  public static List<String> codecs() {
    return CODECS;
  }

  /** The number that stands for a codec, or {@link #NONE}. */
  public static int numberOf(String codec) {
    return CODECS.indexOf(codec) + 1;
  }

  static boolean known(int number) {
    return number > NONE && number <= CODECS.size();
  }
}
