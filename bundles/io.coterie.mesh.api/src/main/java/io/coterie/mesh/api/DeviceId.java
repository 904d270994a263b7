package io.coterie.mesh.api;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Sha256;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.Arrays;
import java.util.HexFormat;

/** The identity of a device: SHA-256 over its identity public keys. Immutable. */
public final class DeviceId implements Comparable<DeviceId> {
  public static final int LENGTH_BYTES = Sha256.LENGTH_BYTES;
  private static final int SHORT_CHARS = 8;

  private final byte[] bytes;

  private DeviceId(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The id that belongs to the first keys of a device. It stays when the keys rotate. */
  public static DeviceId of(DeviceKeys keys) {
    ByteWriter input = new ByteWriter().text("coterie-device-id-v2");
    keys.encode(input);
    return new DeviceId(Sha256.of(input.toByteArray()));
  }

  /** From 32 bytes. */
  public static DeviceId of(byte[] bytes) {
    if (bytes.length != LENGTH_BYTES) {
      throw new IllegalArgumentException("a device id has 32 bytes, not " + bytes.length);
    }
    return new DeviceId(bytes.clone());
  }

  /**
   * From 64 hexadecimal digits.
   *
   * @throws CoterieException COT-0402 for anything else
   */
  public static DeviceId parse(String text) {
    if (text != null && text.matches("[0-9a-f]{64}")) {
      return new DeviceId(HexFormat.of().parseHex(text));
    }
    throw CoterieException.of(
        "COT-0402", ExitCode.USAGE, "'" + text + "' is no device id", "coterie identity show");
  }

  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** The first eight digits, for logs and tables. */
  public String shortForm() {
    return toString().substring(0, SHORT_CHARS);
  }

  @Override
  public int compareTo(DeviceId that) {
    return Arrays.compareUnsigned(bytes, that.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DeviceId that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** 64 hexadecimal digits. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
