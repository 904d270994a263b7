package io.coterie.volume.internal.archive;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.api.BlockCodec;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Opens and expands what {@link SealedOutput} wrote. One thread. */
public final class SealedInput extends InputStream {
  private static final int MAX_SEALED =
      SealedOutput.PREFIX_BYTES + SealedOutput.CHUNK_BYTES + Aead.TAG_BYTES;

  private final DataInputStream in;
  private final AeadContext context;
  private final DestroyableKey key;
  private final byte[] archiveId;
  private final BlockCodec.Context codec;
  private final byte[] sealed = new byte[MAX_SEALED];
  private final byte[] packed = new byte[MAX_SEALED];
  private final byte[] clear = new byte[SealedOutput.CHUNK_BYTES];
  private int position;
  private int count;
  private long number;
  private boolean ended;

  /**
   * A stream that stands behind the header.
   *
   * @param codec the caller closes it
   */
  public SealedInput(
      InputStream in,
      AeadContext context,
      DestroyableKey key,
      byte[] archiveId,
      BlockCodec.Context codec) {
    this.in = new DataInputStream(in);
    this.context = context;
    this.key = key;
    this.archiveId = archiveId.clone();
    this.codec = codec;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (position == count && !ended) {
      next();
    }
    if (position == count) {
      return length == 0 ? 0 : -1;
    }
    int part = Math.min(length, count - position);
    System.arraycopy(clear, position, target, offset, part);
    position += part;
    return part;
  }

  private void next() throws IOException {
    int length;
    try {
      length = in.readInt();
      if (length < SealedOutput.PREFIX_BYTES + Aead.TAG_BYTES || length > MAX_SEALED) {
        throw new MalformedInputException("a chunk of " + length + " bytes");
      }
      in.readFully(sealed, 0, length);
    } catch (EOFException e) {
      throw new MalformedInputException("the archive is cut off");
    }
    if (!open(length, false)) {
      if (!open(length, true)) {
        throw new MalformedInputException("chunk " + number + " of the archive was altered");
      }
      ended = true;
      if (in.read() >= 0) {
        throw new MalformedInputException("there are bytes behind the end of the archive");
      }
    }
    number++;
    expand(length - Aead.TAG_BYTES - SealedOutput.PREFIX_BYTES);
  }

  private boolean open(int length, boolean last) {
    try {
      context.open(key, SealedOutput.nonce(number, last), archiveId, sealed, 0, length, packed, 0);
      return true;
    } catch (AuthenticationFailedException e) {
      return false;
    }
  }

  private void expand(int packedLength) throws MalformedInputException {
    ByteBuffer prefix = ByteBuffer.wrap(packed);
    int kind = prefix.get();
    int length = prefix.getInt();
    if (length < 0
        || length > clear.length
        || (kind == SealedOutput.STORED && length != packedLength)) {
      throw new MalformedInputException("a chunk that holds " + length + " bytes");
    }
    switch (kind) {
      case SealedOutput.STORED ->
          System.arraycopy(packed, SealedOutput.PREFIX_BYTES, clear, 0, length);
      case SealedOutput.COMPRESSED ->
          codec.expand(packed, SealedOutput.PREFIX_BYTES, packedLength, clear, 0, length);
      default -> throw new MalformedInputException("a chunk of kind " + kind);
    }
    position = 0;
    count = length;
  }
}
