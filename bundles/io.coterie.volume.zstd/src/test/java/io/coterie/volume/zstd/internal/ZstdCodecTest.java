package io.coterie.volume.zstd.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.testkit.BlockCodecContract;
import io.coterie.volume.api.BlockCodec;

class ZstdCodecTest extends BlockCodecContract {
  @Override
  protected BlockCodec codec() {
    ZstdCodec codec = new ZstdCodec();
    try {
      codec.activate();
    } catch (MalformedInputException e) {
      throw new IllegalStateException(e);
    }
    return codec;
  }
}
