package io.coterie.identity.internal.pairing;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.mesh.api.DeviceCard;
import java.util.ArrayList;
import java.util.List;

/** The messages of a pairing, in their order. Format: docs/formats/roster.md. */
final class Messages {
  static final int MAX_SMALL_BYTES = 32 * 1024;
  private static final int VERSION = 1;
  private static final int REFUSAL = 0;
  private static final int PROOF_BYTES = 32;
  private static final int MAX_TEXT_BYTES = 1000;
  private static final int MAX_ADDRESSES = 8;

  private Messages() {}

  /** The guest's first message. */
  record Join(
      long wallMillis, DeviceCard card, List<String> addresses, byte[] commitment, byte[] proof) {
    byte[] encode() {
      ByteWriter out =
          new ByteWriter().u8(VERSION).u64(wallMillis).bytes(card.encode()).u8(addresses.size());
      addresses.forEach(out::text);
      return out.raw(commitment).raw(proof).toByteArray();
    }

    static Join decode(byte[] bytes) throws MalformedInputException {
      ByteReader in = new ByteReader(bytes);
      int version = in.u8();
      if (version != VERSION) {
        throw new MalformedInputException("pairing version " + version + " is unknown");
      }
      long wall = in.u64();
      DeviceCard card = DeviceCard.decode(in.bytes(DeviceCard.MAX_BYTES));
      int count = in.u8();
      if (count > MAX_ADDRESSES) {
        throw new MalformedInputException(count + " addresses");
      }
      List<String> addresses = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        addresses.add(in.text(MAX_TEXT_BYTES));
      }
      Join join = new Join(wall, card, addresses, in.raw(PROOF_BYTES), in.raw(PROOF_BYTES));
      in.end();
      return join;
    }
  }

  /** The host's answer to it. */
  record Offer(Hash coterie, byte[] nonce, byte[] proof) {
    byte[] encode() {
      return new ByteWriter()
          .u8(VERSION)
          .raw(coterie.toByteArray())
          .raw(nonce)
          .raw(proof)
          .toByteArray();
    }

    static Offer decode(byte[] bytes) throws MalformedInputException {
      ByteReader in = accepted(bytes);
      Offer offer =
          new Offer(new Hash(in.raw(Hash.BYTES)), in.raw(Proofs.NONCE_BYTES), in.raw(PROOF_BYTES));
      in.end();
      return offer;
    }
  }

  /** The host's last message: the roster with the guest in it. */
  record Welcome(List<String> addresses, byte[] roster) {
    byte[] encode() {
      ByteWriter out = new ByteWriter().u8(VERSION).u8(addresses.size());
      addresses.forEach(out::text);
      return out.bytes(roster).toByteArray();
    }

    static Welcome decode(byte[] bytes) throws MalformedInputException {
      ByteReader in = accepted(bytes);
      int count = in.u8();
      if (count > MAX_ADDRESSES) {
        throw new MalformedInputException(count + " addresses");
      }
      List<String> addresses = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        addresses.add(in.text(MAX_TEXT_BYTES));
      }
      Welcome welcome = new Welcome(addresses, in.bytes(bytes.length));
      in.end();
      return welcome;
    }
  }

  /** A message of the host that is none of these: why not. */
  static byte[] refusal(CoterieException e) {
    return new ByteWriter().u8(REFUSAL).text(e.code()).text(e.what()).text(e.next()).toByteArray();
  }

  private static ByteReader accepted(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    int version = in.u8();
    if (version == REFUSAL) {
      String code = in.text(MAX_TEXT_BYTES);
      String what = in.text(MAX_TEXT_BYTES).replaceAll("\\p{Cntrl}", "?");
      String next = in.text(MAX_TEXT_BYTES).replaceAll("\\p{Cntrl}", "?");
      if (!code.matches("COT-\\d{4}")) {
        throw new MalformedInputException("a refusal without a code");
      }
      throw CoterieException.of(code, ExitCode.REFUSED, what, next);
    }
    if (version != VERSION) {
      throw new MalformedInputException("pairing version " + version + " is unknown");
    }
    return in;
  }
}
