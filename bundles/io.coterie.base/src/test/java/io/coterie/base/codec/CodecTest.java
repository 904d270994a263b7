package io.coterie.base.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class CodecTest {
  @Test
  void whatIsWrittenIsRead() throws Exception {
    byte[] bytes =
        new ByteWriter()
            .u8(200)
            .u16(60_000)
            .u32(4_000_000_000L)
            .u64(-2)
            .bytes(new byte[] {1, 2})
            .text("h\u00e9")
            .toByteArray();
    ByteReader in = new ByteReader(bytes);
    assertEquals(200, in.u8());
    assertEquals(60_000, in.u16());
    assertEquals(4_000_000_000L, in.u32());
    assertEquals(-2, in.u64());
    assertArrayEquals(new byte[] {1, 2}, in.bytes(2));
    assertEquals("h\u00e9", in.text(10));
    in.end();
  }

  @Test
  void truncatedOversizedAndTrailingBytesAreRefused() throws Exception {
    byte[] bytes = new ByteWriter().text("hello").toByteArray();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(MalformedInputException.class, () -> new ByteReader(cut).text(100));
    }
    assertThrows(MalformedInputException.class, () -> new ByteReader(bytes).text(4));
    byte[] huge = {-1, -1, -1, -1};
    assertThrows(MalformedInputException.class, () -> new ByteReader(huge).bytes(1 << 20));
    byte[] notUtf8 = {0, 0, 0, 1, (byte) 0xff};
    assertThrows(MalformedInputException.class, () -> new ByteReader(notUtf8).text(10));
    ByteReader more = new ByteReader(new byte[2]);
    more.u8();
    assertThrows(MalformedInputException.class, more::end);
  }

  /** RFC 5869 appendix A.1. */
  @Test
  void hkdfAgreesWithTheRfc() {
    HexFormat hex = HexFormat.of();
    byte[] key = hex.parseHex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    byte[] salt = hex.parseHex("000102030405060708090a0b0c");
    byte[] info = hex.parseHex("f0f1f2f3f4f5f6f7f8f9");
    assertEquals(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        hex.formatHex(Hkdf.derive(key, salt, info, 42)));
    assertThrows(IllegalArgumentException.class, () -> Hkdf.expand(key, info, 255 * 32 + 1));
  }
}
