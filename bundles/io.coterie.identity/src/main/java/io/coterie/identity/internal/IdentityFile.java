package io.coterie.identity.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.KeyVault;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The device's keys as the vault holds them. Format: docs/formats/identity.md.
 *
 * @param firstKeys the public keys of generation 1, which the device id is made of
 * @param keys those in use
 * @param next those that a rotation made and that do not count yet, or null
 * @param previous those before the present ones, in case their rotation loses a fork, or null
 * @param formerIds ids that the device had before it left coteries, the oldest first
 */
record IdentityFile(
    DeviceKeys firstKeys,
    PrivateKeys keys,
    PrivateKeys next,
    PrivateKeys previous,
    List<DeviceId> formerIds) {
  static final int MAX_FORMER_IDS = 16;

  IdentityFile {
    int before = Math.max(0, formerIds.size() - MAX_FORMER_IDS);
    formerIds = List.copyOf(formerIds.subList(before, formerIds.size()));
  }

  /** The same device with other keys in its three places. */
  IdentityFile with(PrivateKeys nowKeys, PrivateKeys nowNext, PrivateKeys nowPrevious) {
    return new IdentityFile(firstKeys, nowKeys, nowNext, nowPrevious, formerIds);
  }

  /** The caller wipes the secrets. */
  KeyVault.Content encode() {
    ByteWriter out = new ByteWriter();
    firstKeys.encode(out);
    keys.publicKeys().encode(out);
    ByteBuffer secrets = ByteBuffer.allocate(3 * PrivateKeys.SECRET_BYTES);
    keys.encodeSecrets(secrets);
    for (PrivateKeys more : new PrivateKeys[] {next, previous}) {
      out.u8(more == null ? 0 : 1);
      if (more != null) {
        more.publicKeys().encode(out);
        more.encodeSecrets(secrets);
      }
    }
    out.u8(formerIds.size());
    formerIds.forEach(id -> out.raw(id.toByteArray()));
    byte[] exact = Arrays.copyOf(secrets.array(), secrets.position());
    Arrays.fill(secrets.array(), (byte) 0);
    return new KeyVault.Content(out.toByteArray(), exact);
  }

  static IdentityFile decode(KeyVault.Content content) throws MalformedInputException {
    ByteReader in = new ByteReader(content.publicPart());
    ByteBuffer secrets = ByteBuffer.wrap(content.secrets());
    DeviceKeys first = DeviceKeys.decode(in);
    PrivateKeys keys = PrivateKeys.decode(DeviceKeys.decode(in), secrets);
    PrivateKeys next = optional(in, secrets);
    PrivateKeys previous = optional(in, secrets);
    List<DeviceId> former = new ArrayList<>();
    for (int i = in.u8(); i > 0; i--) {
      former.add(DeviceId.of(in.raw(DeviceId.LENGTH_BYTES)));
    }
    IdentityFile file = new IdentityFile(first, keys, next, previous, former);
    in.end();
    if (secrets.hasRemaining()) {
      throw new MalformedInputException(secrets.remaining() + " bytes of secrets too many");
    }
    return file;
  }

  private static PrivateKeys optional(ByteReader in, ByteBuffer secrets)
      throws MalformedInputException {
    int count = in.u8();
    if (count > 1) {
      throw new MalformedInputException(count + " sets of keys");
    }
    return count == 0 ? null : PrivateKeys.decode(DeviceKeys.decode(in), secrets);
  }

  @Override
  public String toString() {
    return "IdentityFile";
  }
}
