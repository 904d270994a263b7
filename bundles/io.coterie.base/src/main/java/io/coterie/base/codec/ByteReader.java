package io.coterie.base.codec;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link ByteWriter} wrote, from bytes that may be hostile: every length is checked
 * against a bound before anything is allocated. Not thread-safe.
 */
public final class ByteReader {
  private final ByteBuffer in;

  public ByteReader(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  public int u8() throws MalformedInputException {
    need(1);
    return in.get() & 0xff;
  }

  public int u16() throws MalformedInputException {
    need(2);
    return in.getShort() & 0xffff;
  }

  public long u32() throws MalformedInputException {
    need(4);
    return in.getInt() & 0xffffffffL;
  }

  public long u64() throws MalformedInputException {
    need(8);
    return in.getLong();
  }

  /** Exactly {@code lengthBytes} bytes. */
  public byte[] raw(int lengthBytes) throws MalformedInputException {
    need(lengthBytes);
    byte[] out = new byte[lengthBytes];
    in.get(out);
    return out;
  }

  /** A length-prefixed field of at most {@code maxBytes}. */
  public byte[] bytes(int maxBytes) throws MalformedInputException {
    long length = u32();
    if (length > maxBytes) {
      throw new MalformedInputException("a field of " + length + " bytes, limit " + maxBytes);
    }
    return raw((int) length);
  }

  /** A length-prefixed UTF-8 text of at most {@code maxBytes} bytes. */
  public String text(int maxBytes) throws MalformedInputException {
    byte[] bytes = bytes(maxBytes);
    try {
      CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return chars.toString();
    } catch (CharacterCodingException e) {
      throw new MalformedInputException("a text field is not UTF-8");
    }
  }

  public int remaining() {
    return in.remaining();
  }

  /** Refuses trailing bytes. */
  public void end() throws MalformedInputException {
    if (in.hasRemaining()) {
      throw new MalformedInputException(in.remaining() + " bytes too many");
    }
  }

  private void need(int count) throws MalformedInputException {
    if (count < 0 || in.remaining() < count) {
      throw new MalformedInputException(
          "cut off: " + in.remaining() + " bytes left where " + count + " are needed");
    }
  }
}
