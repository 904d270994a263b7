package io.coterie.volume.internal.archive;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.api.BlockCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Compresses and seals a stream in chunks. Each chunk has its number and whether it is the last in
 * its nonce, so that none can be left out, repeated, exchanged or cut off: STREAM of Hoang,
 * Reyhanitabar, Rogaway and Vizár (CRYPTO 2015). One thread.
 */
public final class SealedOutput extends OutputStream {
  static final int CHUNK_BYTES = 4 << 20;

  /** In front of what is sealed: codec and length of the clear bytes. */
  static final int PREFIX_BYTES = 5;

  static final int STORED = 0;
  static final int COMPRESSED = 1;
  private final OutputStream out;
  private final AeadContext context;
  private final DestroyableKey key;
  private final byte[] archiveId;
  private final BlockCodec.Context codec;
  private final byte[] clear = new byte[CHUNK_BYTES];
  private final byte[] packed = new byte[PREFIX_BYTES + CHUNK_BYTES];
  private final byte[] sealed = new byte[Integer.BYTES + packed.length + Aead.TAG_BYTES];
  private int count;
  private long number;

  /**
   * A stream under a key that is used for it only.
   *
   * @param codec the caller closes it
   */
  public SealedOutput(
      OutputStream out,
      AeadContext context,
      DestroyableKey key,
      byte[] archiveId,
      BlockCodec.Context codec) {
    this.out = out;
    this.context = context;
    this.key = key;
    this.archiveId = archiveId.clone();
    this.codec = codec;
  }

  static byte[] nonce(long number, boolean last) {
    return ByteBuffer.allocate(Aead.NONCE_BYTES).putLong(number).put((byte) (last ? 1 : 0)).array();
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      if (count == CHUNK_BYTES) {
        seal(false);
      }
      int part = Math.min(length - done, CHUNK_BYTES - count);
      System.arraycopy(source, offset + done, clear, count, part);
      count += part;
      done += part;
    }
  }

  private void seal(boolean last) throws IOException {
    int length = count == 0 ? 0 : codec.compress(clear, 0, count, packed, PREFIX_BYTES);
    boolean smaller = length > 0 && length < count;
    if (!smaller) {
      System.arraycopy(clear, 0, packed, PREFIX_BYTES, count);
      length = count;
    }
    ByteBuffer.wrap(packed).put((byte) (smaller ? COMPRESSED : STORED)).putInt(count);
    int clearLength = PREFIX_BYTES + length;
    int sealedLength = clearLength + Aead.TAG_BYTES;
    context.seal(
        key, nonce(number, last), archiveId, packed, 0, clearLength, sealed, Integer.BYTES);
    ByteBuffer.wrap(sealed).putInt(sealedLength);
    out.write(sealed, 0, Integer.BYTES + sealedLength);
    number++;
    count = 0;
  }

  /** Seals what is left. Without this the stream is not whole, and no reader takes it. */
  public void finish() throws IOException {
    seal(true);
    out.flush();
  }
}
