package io.coterie.identity.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.file.SafeFiles;
import io.coterie.mesh.api.DeviceKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The device's keys on disk, mode 0600. Format: docs/formats/identity.md.
 *
 * @param firstKeys the public keys of generation 1, which the device id is made of
 * @param keys those in use
 * @param next those that a rotation made and that do not count yet, or null
 * @param previous those before the present ones, in case their rotation loses a fork, or null
 */
record IdentityFile(
    DeviceKeys firstKeys, PrivateKeys keys, PrivateKeys next, PrivateKeys previous) {
  static final int VERSION = 4;
  private static final byte[] MAGIC = "COTIDENT".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_FILE_BYTES = 64 * 1024;
  private static final int DIGEST_BYTES = 32;

  static IdentityFile read(Path file) throws IOException {
    byte[] bytes = SafeFiles.readBounded(file, MAX_FILE_BYTES);
    try {
      return decode(bytes);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  void write(Path file) throws IOException {
    byte[] bytes = encode();
    try {
      SafeFiles.replace(file, bytes);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  byte[] encode() {
    ByteWriter out = new ByteWriter().raw(MAGIC).u8(VERSION);
    firstKeys.encode(out);
    keys.encode(out);
    optional(out, next);
    optional(out, previous);
    byte[] body = out.toByteArray();
    return new ByteWriter().raw(body).raw(digest(body)).toByteArray();
  }

  private static void optional(ByteWriter out, PrivateKeys keys) {
    out.u8(keys == null ? 0 : 1);
    if (keys != null) {
      keys.encode(out);
    }
  }

  private static PrivateKeys optional(ByteReader in) throws MalformedInputException {
    int count = in.u8();
    if (count > 1) {
      throw new MalformedInputException(count + " sets of keys");
    }
    return count == 0 ? null : PrivateKeys.decode(in);
  }

  static IdentityFile decode(byte[] bytes) throws MalformedInputException {
    if (bytes.length < MAGIC.length + DIGEST_BYTES) {
      throw new MalformedInputException("the file has only " + bytes.length + " bytes");
    }
    byte[] body = Arrays.copyOf(bytes, bytes.length - DIGEST_BYTES);
    byte[] sum = Arrays.copyOfRange(bytes, body.length, bytes.length);
    if (!MessageDigest.isEqual(digest(body), sum)) {
      throw new MalformedInputException("the checksum does not match");
    }
    ByteReader in = new ByteReader(body);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new MalformedInputException("this is no identity file");
    }
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("format version " + version + " is unknown");
    }
    DeviceKeys first = DeviceKeys.decode(in);
    PrivateKeys keys = PrivateKeys.decode(in);
    IdentityFile file = new IdentityFile(first, keys, optional(in), optional(in));
    in.end();
    return file;
  }

  private static byte[] digest(byte[] body) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(body);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "IdentityFile";
  }
}
