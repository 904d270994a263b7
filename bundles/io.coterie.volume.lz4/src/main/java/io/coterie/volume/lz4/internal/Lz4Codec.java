package io.coterie.volume.lz4.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.BlockCodec;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The LZ4 block format (lz4_Block_format.md of the LZ4 project), by lz4-java. */
@Component(property = BlockCodec.ALGORITHM + "=" + BlockCodec.LZ4)
public final class Lz4Codec implements BlockCodec {
  private static final Logger LOG = LoggerFactory.getLogger(Lz4Codec.class);

  private final LZ4Factory factory = fastest();

  /** The library itself tries its native form for the system's class loader only. */
  private static LZ4Factory fastest() {
    try {
      return LZ4Factory.nativeInstance();
    } catch (LinkageError | AssertionError e) {
      LOG.info("LZ4 in Java serves: {}", e.toString());
      return LZ4Factory.safeInstance();
    }
  }

  @Activate
  void activate() throws MalformedInputException {
    selfTest();
  }

  @Override
  public String algorithm() {
    return LZ4;
  }

  @Override
  public String provider() {
    return "lz4-java, " + factory;
  }

  @Override
  public Context newContext() {
    return new Lz4Context(factory.fastCompressor(), factory.safeDecompressor());
  }

  private static final class Lz4Context implements Context {
    private final LZ4Compressor compressor;
    private final LZ4SafeDecompressor expander;

    /** As large as the worst result: a failure would cost an exception for each such block. */
    private byte[] scratch = new byte[0];

    Lz4Context(LZ4Compressor compressor, LZ4SafeDecompressor expander) {
      this.compressor = compressor;
      this.expander = expander;
    }

    @Override
    public int compress(
        byte[] source, int offset, int lengthBytes, byte[] target, int targetOffset) {
      int most = compressor.maxCompressedLength(lengthBytes);
      if (scratch.length < most) {
        scratch = new byte[most];
      }
      int length = compressor.compress(source, offset, lengthBytes, scratch, 0, most);
      if (length > target.length - targetOffset) {
        return 0;
      }
      System.arraycopy(scratch, 0, target, targetOffset, length);
      return length;
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
            expander.decompress(source, offset, lengthBytes, target, targetOffset, expandedBytes);
      } catch (LZ4Exception e) {
        throw new MalformedInputException("not LZ4: " + e.getMessage());
      }
      if (found != expandedBytes) {
        throw new MalformedInputException(found + " bytes, not " + expandedBytes);
      }
    }

    @Override
    public void close() {
      scratch = new byte[0];
    }
  }
}
