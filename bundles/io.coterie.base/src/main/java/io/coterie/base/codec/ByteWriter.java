package io.coterie.base.codec;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes big-endian numbers and length-prefixed fields into a growing array. Not thread-safe. */
public final class ByteWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  public ByteWriter u8(int value) {
    out.write(value);
    return this;
  }

  public ByteWriter u16(int value) {
    out.write(value >>> 8);
    out.write(value);
    return this;
  }

  public ByteWriter u32(long value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.write((int) (value >>> shift));
    }
    return this;
  }

  public ByteWriter u64(long value) {
    return u32(value >>> 32).u32(value);
  }

  /** The bytes alone, without a length. */
  public ByteWriter raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** A 32-bit length and the bytes. */
  public ByteWriter bytes(byte[] bytes) {
    return u32(bytes.length).raw(bytes);
  }

  /** A 32-bit length and the text in UTF-8. */
  public ByteWriter text(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  public byte[] toByteArray() {
    return out.toByteArray();
  }
}
