package io.coterie.vault.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Aead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The file {@code identity}: public keys in clear, private keys sealed under the vault key, and the
 * vault key wrapped once or more. Format: docs/formats/identity.md.
 *
 * @param publicPart authenticated, not encrypted
 * @param slots ways to the vault key, tried in this order
 * @param nonce of the sealed part, drawn anew for each write
 */
record VaultFile(byte[] publicPart, List<Slot> slots, byte[] nonce, byte[] sealed) {
  static final int VERSION = 5;
  static final int MAX_FILE_BYTES = 64 * 1024;
  static final int MAX_SLOTS = 4;
  private static final byte[] MAGIC = "COTIDENT".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_PUBLIC_BYTES = 32 * 1024;
  private static final int MAX_SEALED_BYTES = 4 * 1024;

  /** What the sealed part is bound to: everything before it. */
  byte[] associatedData() {
    ByteWriter out = new ByteWriter().raw(MAGIC).u8(VERSION).bytes(publicPart).u8(slots.size());
    slots.forEach(slot -> slot.encode(out));
    return out.toByteArray();
  }

  byte[] encode() {
    return new ByteWriter().raw(associatedData()).raw(nonce).bytes(sealed).toByteArray();
  }

  static VaultFile decode(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new MalformedInputException("this is no identity file");
    }
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("format version " + version + " is unknown");
    }
    byte[] publicPart = in.bytes(MAX_PUBLIC_BYTES);
    int count = in.u8();
    if (count < 1 || count > MAX_SLOTS) {
      throw new MalformedInputException(count + " slots");
    }
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slots.add(Slot.decode(in));
    }
    VaultFile file =
        new VaultFile(
            publicPart, List.copyOf(slots), in.raw(Aead.NONCE_BYTES), in.bytes(MAX_SEALED_BYTES));
    in.end();
    if (file.sealed().length < Aead.TAG_BYTES) {
      throw new MalformedInputException("the sealed part has no tag");
    }
    return file;
  }

  @Override
  public String toString() {
    return "VaultFile";
  }
}
