package io.coterie.identity.internal.roster;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.codec.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A roster as bytes: on disk, on a memory stick, on a stream. Format: docs/formats/roster.md. The
 * entries prove themselves; the checksum is for accidents.
 */
public final class RosterFile {
  public static final int MAX_BYTES = 64 << 20;
  private static final byte[] MAGIC = "COTROSTR".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;

  private RosterFile() {}

  public static byte[] encode(List<Entry> entries) {
    ByteWriter out = new ByteWriter().raw(MAGIC).u8(VERSION).u32(entries.size());
    entries.forEach(e -> out.bytes(EntryCodec.encode(e)));
    byte[] body = out.toByteArray();
    return new ByteWriter().raw(body).raw(Sha256.of(body)).toByteArray();
  }

  /** Takes bytes apart; nothing is verified but their form. */
  public static List<Entry> decode(byte[] bytes) throws MalformedInputException {
    if (bytes.length > MAX_BYTES || bytes.length < MAGIC.length + Hash.BYTES) {
      throw new MalformedInputException("a roster of " + bytes.length + " bytes");
    }
    byte[] body = Arrays.copyOf(bytes, bytes.length - Hash.BYTES);
    byte[] sum = Arrays.copyOfRange(bytes, body.length, bytes.length);
    if (!MessageDigest.isEqual(Sha256.of(body), sum)) {
      throw new MalformedInputException("the checksum does not match");
    }
    ByteReader in = new ByteReader(body);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new MalformedInputException("this is no roster");
    }
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("roster version " + version + " is unknown");
    }
    long count = in.u32();
    if (count > RosterTree.MAX_ENTRIES + RosterTree.MAX_PENDING) {
      throw new MalformedInputException("a roster of " + count + " entries");
    }
    List<Entry> entries = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      entries.add(EntryCodec.decode(in.bytes(EntryCodec.MAX_ENTRY_BYTES)));
    }
    in.end();
    return entries;
  }
}
