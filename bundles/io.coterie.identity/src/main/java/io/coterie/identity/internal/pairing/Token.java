package io.coterie.identity.internal.pairing;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.codec.Sha256;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.PairingDoor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * What an inviting device hands to a person, as text or as a picture of it. Format:
 * docs/formats/roster.md.
 *
 * @param secret 16 bytes that only the two devices shall know
 * @param coterie the hash of the coterie's first entry: its fingerprint
 * @param inviter who must answer
 * @param expiresSeconds since 1970, by the inviter's clock
 */
public record Token(
    byte[] inviteId,
    byte[] secret,
    Hash coterie,
    DeviceId inviter,
    long expiresSeconds,
    List<String> addresses) {
  static final int SECRET_BYTES = 16;
  private static final String PREFIX = "cot1-";
  private static final int VERSION = 1;
  private static final int SUM_BYTES = 4;
  private static final int MAX_CHARS = 4096;
  private static final int MAX_ADDRESSES = 8;
  private static final int MAX_TEXT_BYTES = 300;

  /** The text form. */
  public String text() {
    ByteWriter out =
        new ByteWriter()
            .u8(VERSION)
            .raw(inviteId)
            .raw(secret)
            .raw(coterie.toByteArray())
            .raw(inviter.toByteArray())
            .u64(expiresSeconds)
            .u8(addresses.size());
    addresses.forEach(out::text);
    byte[] body = out.toByteArray();
    byte[] whole = new ByteWriter().raw(body).raw(sum(body)).toByteArray();
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
  }

  /**
   * From text that a person typed or pasted.
   *
   * @throws CoterieException COT-0320 when it is no token or was altered
   */
  public static Token parse(String text) {
    String bare = text.replaceAll("\\s", "");
    try {
      if (!bare.startsWith(PREFIX) || bare.length() > MAX_CHARS) {
        throw new MalformedInputException("it does not begin with " + PREFIX);
      }
      byte[] whole = Base64.getUrlDecoder().decode(bare.substring(PREFIX.length()));
      if (whole.length < SUM_BYTES) {
        throw new MalformedInputException("it is cut off");
      }
      byte[] body = Arrays.copyOf(whole, whole.length - SUM_BYTES);
      if (!Arrays.equals(sum(body), 0, SUM_BYTES, whole, body.length, whole.length)) {
        throw new MalformedInputException("a character is wrong or missing");
      }
      Token token = read(new ByteReader(body));
      if (!token.text().equals(bare)) { // the last character has bits that mean nothing
        throw new MalformedInputException("a character is wrong");
      }
      return token;
    } catch (MalformedInputException | IllegalArgumentException e) {
      throw CoterieException.of(
          "COT-0320",
          ExitCode.USAGE,
          "this is no token: " + e.getMessage(),
          "coterie invite (on a device of the coterie)",
          e);
    }
  }

  private static Token read(ByteReader in) throws MalformedInputException {
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("its version " + version + " is unknown");
    }
    byte[] inviteId = in.raw(PairingDoor.INVITE_ID_BYTES);
    byte[] secret = in.raw(SECRET_BYTES);
    Hash coterie = new Hash(in.raw(Hash.BYTES));
    DeviceId inviter = DeviceId.of(in.raw(DeviceId.LENGTH_BYTES));
    long expires = in.u64();
    int count = in.u8();
    if (count > MAX_ADDRESSES) {
      throw new MalformedInputException(count + " addresses");
    }
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      addresses.add(in.text(MAX_TEXT_BYTES));
    }
    in.end();
    return new Token(inviteId, secret, coterie, inviter, expires, addresses);
  }

  private static byte[] sum(byte[] body) {
    return Arrays.copyOf(Sha256.of(body), SUM_BYTES);
  }

  @Override
  public String toString() {
    return "Token";
  }
}
