package io.coterie.volume.zstd.internal;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.ZstdVersion;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.BlockCodec;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Zstandard (RFC 8878) at its default level, by zstd-jni. */
@Component(property = BlockCodec.ALGORITHM + "=" + BlockCodec.ZSTD)
public final class ZstdCodec implements BlockCodec {
  private static final int LEVEL = 3;

  @Activate
  void activate() throws MalformedInputException {
    selfTest();
  }

  @Override
  public String algorithm() {
    return ZSTD;
  }

  @Override
  public String provider() {
    return "zstd-jni " + ZstdVersion.VERSION;
  }

  @Override
  public Context newContext() {
    return new ZstdContext();
  }

  private static final class ZstdContext implements Context {
    private final ZstdCompressCtx compressor = new ZstdCompressCtx().setLevel(LEVEL);
    private final ZstdDecompressCtx expander = new ZstdDecompressCtx();

    @Override
    public int compress(
        byte[] source, int offset, int lengthBytes, byte[] target, int targetOffset) {
      try {
        return compressor.compressByteArray(
            target, targetOffset, target.length - targetOffset, source, offset, lengthBytes);
      } catch (ZstdException e) {
        if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
          return 0;
        }
        throw e;
      }
    }

    @Override
    public void expand(
        byte[] source,
        int offset,
        int lengthBytes,
        byte[] target,
        int targetOffset,
        int expandedBytes)
        throws MalformedInputException {
      int found;
      try {
        found =
            expander.decompressByteArray(
                target, targetOffset, expandedBytes, source, offset, lengthBytes);
      } catch (ZstdException e) {
        throw new MalformedInputException("not zstd: " + e.getMessage());
      }
      if (found != expandedBytes) {
        throw new MalformedInputException(found + " bytes, not " + expandedBytes);
      }
    }

    @Override
    public void close() {
      compressor.close();
      expander.close();
    }
  }
}
