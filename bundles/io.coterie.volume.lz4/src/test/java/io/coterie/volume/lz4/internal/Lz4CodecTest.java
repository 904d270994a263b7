package io.coterie.volume.lz4.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.testkit.BlockCodecContract;
import io.coterie.volume.api.BlockCodec;

class Lz4CodecTest extends BlockCodecContract {
  @Override
  protected BlockCodec codec() {
    Lz4Codec codec = new Lz4Codec();
    try {
      codec.activate();
    } catch (MalformedInputException e) {
      throw new IllegalStateException(e);
    }
    return codec;
  }
}
