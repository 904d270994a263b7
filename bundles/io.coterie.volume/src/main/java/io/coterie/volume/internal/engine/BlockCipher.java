package io.coterie.volume.internal.engine;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.internal.format.SegmentKeys;
import io.coterie.volume.internal.format.Sizes;
import java.nio.ByteBuffer;

/**
 * Seals and opens single blocks. The nonce is the block's index in its segment; the associated data
 * bind the block to its volume, its place in it, and its segment. One thread at a time; keeps its
 * buffers.
 */
final class BlockCipher {
  private static final int AAD_BYTES = Sizes.VOLUME_ID + 8 + 8 + 4;

  private final AeadContext context;
  private final byte[] nonce = new byte[Aead.NONCE_BYTES];
  private final ByteBuffer nonceView = ByteBuffer.wrap(nonce);
  private final byte[] aad = new byte[AAD_BYTES];
  private final ByteBuffer aadView = ByteBuffer.wrap(aad);
  private final byte[] sealed = new byte[Sizes.BLOCK + Sizes.TAG];

  BlockCipher(Aead aead, byte[] volumeId) {
    this.context = aead.newContext();
    System.arraycopy(volumeId, 0, aad, 0, Sizes.VOLUME_ID);
  }

  private void address(long lba, long segmentId, int blockIndex) {
    nonceView.putInt(Aead.NONCE_BYTES - 4, blockIndex);
    aadView.putLong(Sizes.VOLUME_ID, lba);
    aadView.putLong(Sizes.VOLUME_ID + 8, segmentId);
    aadView.putInt(Sizes.VOLUME_ID + 16, blockIndex);
  }

  /** Writes the ciphertext and, behind it, the tag. */
  void seal(
      SegmentKeys keys,
      long lba,
      long segmentId,
      int blockIndex,
      byte[] in,
      int inOffset,
      byte[] out,
      int outOffset) {
    address(lba, segmentId, blockIndex);
    context.seal(keys.dataKey(), nonce, aad, in, inOffset, Sizes.BLOCK, out, outOffset);
  }

  /** Opens a block whose tag the map holds. */
  void open(
      SegmentKeys keys,
      long lba,
      long segmentId,
      int blockIndex,
      long tagHigh,
      long tagLow,
      byte[] in,
      int inOffset,
      byte[] out,
      int outOffset)
      throws AuthenticationFailedException {
    address(lba, segmentId, blockIndex);
    System.arraycopy(in, inOffset, sealed, 0, Sizes.BLOCK);
    ByteBuffer.wrap(sealed).putLong(Sizes.BLOCK, tagHigh).putLong(Sizes.BLOCK + 8, tagLow);
    context.open(keys.dataKey(), nonce, aad, sealed, 0, sealed.length, out, outOffset);
  }
}
