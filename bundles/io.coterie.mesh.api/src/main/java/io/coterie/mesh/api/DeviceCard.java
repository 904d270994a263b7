package io.coterie.mesh.api;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.CryptoException;

/**
 * What a device says of itself when it introduces itself: its name and first keys, signed with
 * them, so that nobody introduces keys of others. Format: docs/formats/identity.md.
 *
 * @param name its own name for itself; whoever trusts it may choose another
 * @param signature hybrid, by the keys, over {@link #statement()} for {@link #PURPOSE}
 */
public record DeviceCard(String name, DeviceKeys keys, byte[] signature) {
  public static final String PURPOSE = "coterie-device-card-v1";
  public static final int MAX_BYTES = 16 * 1024;
  private static final int VERSION = 1;
  private static final int MAX_NAME_BYTES = 200;

  /** A card that this device makes of itself. */
  public static DeviceCard of(String name, LocalIdentity identity) throws CryptoException {
    DeviceKeys keys = identity.keys();
    return new DeviceCard(name, keys, identity.sign(PURPOSE, statement(name, keys)));
  }

  /** What is signed. */
  public byte[] statement() {
    return statement(name, keys);
  }

  /** What is to be signed for a card. */
  public static byte[] statement(String name, DeviceKeys keys) {
    ByteWriter out = new ByteWriter().u8(VERSION).text(name);
    keys.encode(out);
    return out.toByteArray();
  }

  public byte[] encode() {
    return new ByteWriter().raw(statement()).bytes(signature).toByteArray();
  }

  /** Takes a card apart; its signature is not verified yet. */
  public static DeviceCard decode(byte[] bytes) throws MalformedInputException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedInputException("a device card of " + bytes.length + " bytes");
    }
    ByteReader in = new ByteReader(bytes);
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("device card version " + version + " is unknown");
    }
    String name = in.text(MAX_NAME_BYTES);
    DeviceKeys keys = DeviceKeys.decode(in);
    byte[] signature = in.bytes(MAX_BYTES);
    in.end();
    return new DeviceCard(name, keys, signature);
  }
}
