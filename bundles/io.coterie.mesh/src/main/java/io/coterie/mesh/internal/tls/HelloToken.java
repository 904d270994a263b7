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
 * @param inviteId empty but for a pairing
 */
public record HelloToken(Kind kind, byte[] inviteId, byte[] mac) {
  /** Among the numbers for private use (RFC 8446 section 11). */
  public static final int EXTENSION = 0xff07;

  /** What the connection shall become. */
  public enum Kind {
    /** A link between members. */
    LINK,
    /** A pairing with a device that was invited. */
    PAIRING,
    /** A question for the roster. */
    ROSTER
  }

  private static final String LINK = "coterie-hello-link-v1";
  private static final String ROSTER = "coterie-hello-roster-v1";
  private static final String PAIR = "coterie-hello-pair-v1";
  private static final int MAC_BYTES = 16;
  private static final long HOUR_MILLIS = 3_600_000;

  /** Of a member that dials a device. */
  static HelloToken link(byte[] secret, byte[] random, DeviceId responder, long wallMillis) {
    return new HelloToken(
        Kind.LINK,
        new byte[0],
        memberMac(LINK, secret, random, responder, wallMillis / HOUR_MILLIS));
  }

  /** Of a member that asks a device for its roster. */
  static HelloToken roster(byte[] secret, byte[] random, DeviceId responder, long wallMillis) {
    return new HelloToken(
        Kind.ROSTER,
        new byte[0],
        memberMac(ROSTER, secret, random, responder, wallMillis / HOUR_MILLIS));
  }

  /** Of a device that was invited. */
  static HelloToken pair(byte[] secret, byte[] random, byte[] inviteId) {
    return new HelloToken(Kind.PAIRING, inviteId, pairMac(secret, random, inviteId));
  }

  /** Whether a member made it with the secret, for this device, within about an hour. */
  public boolean fitsMember(byte[] secret, byte[] random, DeviceId responder, long wallMillis) {
    String label = kind == Kind.LINK ? LINK : ROSTER;
    long hour = wallMillis / HOUR_MILLIS;
    boolean fits = false;
    for (long h = hour - 1; h <= hour + 1; h++) {
      fits |= MessageDigest.isEqual(mac, memberMac(label, secret, random, responder, h));
    }
    return fits && kind != Kind.PAIRING;
  }

  /** Whether it was made with the secret of its invitation. */
  public boolean fitsPairing(byte[] secret, byte[] random) {
    return kind == Kind.PAIRING && MessageDigest.isEqual(mac, pairMac(secret, random, inviteId));
  }

  private static byte[] memberMac(
      String label, byte[] secret, byte[] random, DeviceId responder, long hour) {
    return mac(
        secret, new ByteWriter().text(label).raw(random).raw(responder.toByteArray()).u64(hour));
  }

  private static byte[] pairMac(byte[] secret, byte[] random, byte[] inviteId) {
    return mac(secret, new ByteWriter().text(PAIR).raw(random).raw(inviteId));
  }

  private static byte[] mac(byte[] secret, ByteWriter text) {
    return Arrays.copyOf(Hkdf.hmac(secret, text.toByteArray()), MAC_BYTES);
  }

  byte[] encode() {
    return new ByteWriter().u8(kind.ordinal() + 1).raw(inviteId).raw(mac).toByteArray();
  }

  static HelloToken decode(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    int number = in.u8();
    if (number < 1 || number > Kind.values().length) {
      throw new MalformedInputException("a token of kind " + number);
    }
    Kind kind = Kind.values()[number - 1];
    byte[] inviteId = in.raw(kind == Kind.PAIRING ? PairingDoor.INVITE_ID_BYTES : 0);
    HelloToken token = new HelloToken(kind, inviteId, in.raw(MAC_BYTES));
    in.end();
    return token;
  }
}
