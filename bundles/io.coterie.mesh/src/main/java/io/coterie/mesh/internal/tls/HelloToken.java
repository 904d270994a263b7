package io.coterie.mesh.internal.tls;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.PairingDoor;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * What a ClientHello carries to show that its sender is worth an answer: a few bytes that only a
 * member of the coterie, or a holder of an invitation, can make for this hello. It costs one hash
 * to check, and proves nothing beyond.
 *
 * @param inviteId empty for a link
 */
public record HelloToken(byte[] inviteId, byte[] mac) {
  /** Among the numbers for private use (RFC 8446 section 11). */
  public static final int EXTENSION = 0xff07;

  private static final String LINK = "coterie-hello-link-v1";
  private static final String PAIR = "coterie-hello-pair-v1";
  private static final int LINK_KIND = 1;
  private static final int PAIR_KIND = 2;
  private static final int MAC_BYTES = 16;
  private static final long HOUR_MILLIS = 3_600_000;

  /** Of a member that dials a device. */
  static HelloToken link(byte[] secret, byte[] random, DeviceId responder, long wallMillis) {
    return new HelloToken(
        new byte[0], linkMac(secret, random, responder, wallMillis / HOUR_MILLIS));
  }

  /** Of a device that was invited. */
  static HelloToken pair(byte[] secret, byte[] random, byte[] inviteId) {
    return new HelloToken(inviteId, pairMac(secret, random, inviteId));
  }

  public boolean pairing() {
    return inviteId.length > 0;
  }

  /** Whether it was made with the secret, for this device, within about an hour. */
  public boolean fitsLink(byte[] secret, byte[] random, DeviceId responder, long wallMillis) {
    long hour = wallMillis / HOUR_MILLIS;
    boolean fits = false;
    for (long h = hour - 1; h <= hour + 1; h++) {
      fits |= MessageDigest.isEqual(mac, linkMac(secret, random, responder, h));
    }
    return fits && !pairing();
  }

  /** Whether it was made with the secret of its invitation. */
  public boolean fitsPairing(byte[] secret, byte[] random) {
    return pairing() && MessageDigest.isEqual(mac, pairMac(secret, random, inviteId));
  }

  private static byte[] linkMac(byte[] secret, byte[] random, DeviceId responder, long hour) {
    return mac(
        secret, new ByteWriter().text(LINK).raw(random).raw(responder.toByteArray()).u64(hour));
  }

  private static byte[] pairMac(byte[] secret, byte[] random, byte[] inviteId) {
    return mac(secret, new ByteWriter().text(PAIR).raw(random).raw(inviteId));
  }

  private static byte[] mac(byte[] secret, ByteWriter text) {
    return Arrays.copyOf(Hkdf.hmac(secret, text.toByteArray()), MAC_BYTES);
  }

  byte[] encode() {
    return new ByteWriter()
        .u8(pairing() ? PAIR_KIND : LINK_KIND)
        .raw(inviteId)
        .raw(mac)
        .toByteArray();
  }

  static HelloToken decode(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    int kind = in.u8();
    if (kind != LINK_KIND && kind != PAIR_KIND) {
      throw new MalformedInputException("a token of kind " + kind);
    }
    byte[] inviteId = in.raw(kind == PAIR_KIND ? PairingDoor.INVITE_ID_BYTES : 0);
    HelloToken token = new HelloToken(inviteId, in.raw(MAC_BYTES));
    in.end();
    return token;
  }
}
