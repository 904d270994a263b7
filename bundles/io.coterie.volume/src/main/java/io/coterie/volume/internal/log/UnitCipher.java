package io.coterie.volume.internal.log;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.Packing;
import io.coterie.volume.internal.format.Sizes;
import java.nio.ByteBuffer;

/**
 * Seals and opens units, each of one block, perhaps packed. The nonce is the granule at which a
 * unit begins; the associated data bind it to its volume, its address and kind, and its place. One
 * thread at a time; keeps its buffers.
 */
public final class UnitCipher {
  private static final int AAD_BYTES = 40;
  private static final int AT_ADDRESS = 16;
  private static final int AT_SEGMENT = 24;
  private static final int AT_GRANULE = 32;
  private static final int AT_KIND = 36;
  private static final int AT_BLOCKS = 37;
  private static final int AT_CODEC = 38;

  private final AeadContext context;
  private final byte[] nonce = new byte[Aead.NONCE_BYTES];
  private final ByteBuffer nonceView = ByteBuffer.wrap(nonce);
  private final byte[] aad = new byte[AAD_BYTES];
  private final ByteBuffer aadView = ByteBuffer.wrap(aad);

  /** Providers that reach into native code copy whole arrays: these are no larger than a unit. */
  private final byte[] clear = new byte[Sizes.BLOCK];

  private final byte[] sealed = new byte[Sizes.BLOCK + Sizes.TAG];
  private final ByteBuffer sealedView = ByteBuffer.wrap(sealed);

  public UnitCipher(Aead aead) {
    this.context = aead.newContext();
    aad[AT_BLOCKS] = 1;
  }

  private void address(Segment segment, int granule, int kind, long address, int codec) {
    nonceView.putInt(Aead.NONCE_BYTES - 4, granule);
    aadView.put(0, segment.origin());
    aadView.putLong(AT_ADDRESS, address);
    aadView.putLong(AT_SEGMENT, segment.id());
    aadView.putInt(AT_GRANULE, granule);
    aadView.put(AT_KIND, (byte) (kind == Descriptor.MOVED ? Descriptor.DATA : kind));
    aadView.put(AT_CODEC, (byte) codec);
  }

  /**
   * Writes the ciphertext and, behind it, the tag.
   *
   * @param lengthBytes of the unit, whole granules, a block at most
   */
  void seal(
      Segment segment,
      int granule,
      int kind,
      long address,
      int codec,
      byte[] in,
      int inOffset,
      int lengthBytes,
      byte[] out,
      int outOffset) {
    address(segment, granule, kind, address, codec);
    System.arraycopy(in, inOffset, clear, 0, lengthBytes);
    context.seal(segment.keys().dataKey(), nonce, aad, clear, 0, lengthBytes, sealed, 0);
    System.arraycopy(sealed, 0, out, outOffset, lengthBytes + Sizes.TAG);
  }

  /** Opens a unit of one whole block; see {@link #open}. */
  public void openBlock(
      Segment segment,
      long location,
      int kind,
      long address,
      long tagHigh,
      long tagLow,
      byte[] in,
      int inOffset,
      byte[] out,
      int outOffset)
      throws AuthenticationFailedException {
    open(
        segment,
        location,
        kind,
        address,
        Packing.NONE,
        tagHigh,
        tagLow,
        in,
        inOffset,
        Sizes.BLOCK,
        out,
        outOffset);
  }

  /**
   * Opens a unit whose tag is known from the map or a descriptor.
   *
   * @param lengthBytes of the unit, whole granules, a block at most
   */
  public void open(
      Segment segment,
      long location,
      int kind,
      long address,
      int codec,
      long tagHigh,
      long tagLow,
      byte[] in,
      int inOffset,
      int lengthBytes,
      byte[] out,
      int outOffset)
      throws AuthenticationFailedException {
    address(segment, Location.granuleOf(location), kind, address, codec);
    System.arraycopy(in, inOffset, sealed, 0, lengthBytes);
    sealedView.putLong(lengthBytes, tagHigh).putLong(lengthBytes + 8, tagLow);
    context.open(
        segment.keys().dataKey(), nonce, aad, sealed, 0, lengthBytes + Sizes.TAG, clear, 0);
    System.arraycopy(clear, 0, out, outOffset, lengthBytes);
  }
}
