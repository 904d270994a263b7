package io.coterie.identity.internal.roster;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The one encoding of entries. Format: docs/formats/roster.md. */
public final class EntryCodec {
  public static final int MAX_ENTRY_BYTES = 128 * 1024;
  static final int MAX_SIGNATURES = 16;
  private static final int VERSION = 1;
  private static final int COTERIE_ID_BYTES = 16;
  private static final int SECRET_BYTES = 32;
  private static final int MAX_TEXT_BYTES = 300;
  private static final int GENESIS = 0;
  private static final int ADD = 1;
  private static final int ROTATE = 2;
  private static final int ROLES = 3;
  private static final int REVOKE = 4;
  private static final int POLICY = 5;
  private static final int RECOVER = 6;

  private EntryCodec() {}

  static byte[] body(Entry entry) {
    ByteWriter out =
        new ByteWriter()
            .u8(VERSION)
            .u64(entry.index())
            .raw(entry.previous().toByteArray())
            .u64(entry.wallMillis());
    write(out, entry.change());
    return out.toByteArray();
  }

  public static byte[] encode(Entry entry) {
    ByteWriter out = new ByteWriter().bytes(entry.body()).u8(entry.signatures().size());
    for (EntrySignature s : entry.signatures()) {
      out.raw(s.signer().toByteArray()).u64(s.generation()).raw(s.bytes());
    }
    return out.toByteArray();
  }

  private static void write(ByteWriter out, Change change) {
    if (change instanceof Change.Genesis g) {
      out.u8(GENESIS).raw(g.coterieId()).text(g.name()).raw(g.secret());
      out.bytes(g.founder().encode()).u8(g.threshold()).u8(g.suite().ordinal());
      write(out, g.recovery());
    } else if (change instanceof Change.Add a) {
      out.u8(ADD).text(a.name()).bytes(a.card().encode()).u8(Role.bits(a.roles()));
    } else if (change instanceof Change.Rotate r) {
      out.u8(ROTATE).raw(r.device().toByteArray());
      r.keys().encode(out);
    } else if (change instanceof Change.Roles r) {
      out.u8(ROLES).raw(r.device().toByteArray()).u8(Role.bits(r.roles()));
    } else if (change instanceof Change.Revoke r) {
      out.u8(REVOKE).raw(r.device().toByteArray()).text(r.reason());
    } else if (change instanceof Change.Policy p) {
      out.u8(POLICY).u8(p.threshold()).u8(p.suite().ordinal());
    } else if (change instanceof Change.Recover r) {
      out.u8(RECOVER).raw(r.device().toByteArray());
      write(out, r.next());
    }
  }

  private static void write(ByteWriter out, RecoveryKeys keys) {
    out.u8(keys == null ? 0 : 1);
    if (keys != null) {
      out.raw(keys.ed25519()).raw(keys.mlDsa87());
    }
  }

  /**
   * Reads an entry of whoever sent it; no signature is verified here.
   *
   * @throws MalformedInputException for anything that is not the one encoding of an entry
   */
  public static Entry decode(byte[] bytes) throws MalformedInputException {
    if (bytes.length > MAX_ENTRY_BYTES) {
      throw new MalformedInputException("an entry of " + bytes.length + " bytes");
    }
    try {
      ByteReader in = new ByteReader(bytes);
      byte[] body = in.bytes(MAX_ENTRY_BYTES);
      int count = in.u8();
      if (count > MAX_SIGNATURES) {
        throw new MalformedInputException(count + " signatures");
      }
      List<EntrySignature> signatures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        signatures.add(new EntrySignature(id(in), in.u64(), in.raw(EntrySignature.BYTES)));
      }
      in.end();
      Entry entry = decodeBody(body, signatures);
      if (!Arrays.equals(entry.body(), body)) {
        throw new MalformedInputException("the entry is not in its one encoding");
      }
      return entry;
    } catch (IllegalArgumentException e) {
      throw new MalformedInputException(e.getMessage());
    }
  }

  private static Entry decodeBody(byte[] body, List<EntrySignature> signatures)
      throws MalformedInputException {
    ByteReader in = new ByteReader(body);
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("entry version " + version + " is unknown");
    }
    long index = in.u64();
    Hash previous = new Hash(in.raw(Hash.BYTES));
    long wallMillis = in.u64();
    Change change = read(in);
    in.end();
    return new Entry(index, previous, wallMillis, change, signatures);
  }

  private static Change read(ByteReader in) throws MalformedInputException {
    int kind = in.u8();
    return switch (kind) {
      case GENESIS ->
          new Change.Genesis(
              in.raw(COTERIE_ID_BYTES),
              in.text(MAX_TEXT_BYTES),
              in.raw(SECRET_BYTES),
              DeviceCard.decode(in.bytes(DeviceCard.MAX_BYTES)),
              in.u8(),
              suite(in),
              recovery(in));
      case ADD ->
          new Change.Add(
              in.text(MAX_TEXT_BYTES),
              DeviceCard.decode(in.bytes(DeviceCard.MAX_BYTES)),
              roles(in));
      case ROTATE -> new Change.Rotate(id(in), DeviceKeys.decode(in));
      case ROLES -> new Change.Roles(id(in), roles(in));
      case REVOKE -> new Change.Revoke(id(in), in.text(MAX_TEXT_BYTES));
      case POLICY -> new Change.Policy(in.u8(), suite(in));
      case RECOVER -> new Change.Recover(id(in), recovery(in));
      default -> throw new MalformedInputException("entries of kind " + kind + " are unknown");
    };
  }

  private static DeviceId id(ByteReader in) throws MalformedInputException {
    return DeviceId.of(in.raw(DeviceId.LENGTH_BYTES));
  }

  private static Set<Role> roles(ByteReader in) throws MalformedInputException {
    return Role.ofBits(in.u8());
  }

  private static Suite suite(ByteReader in) throws MalformedInputException {
    int ordinal = in.u8();
    if (ordinal >= Suite.values().length) {
      throw new MalformedInputException("suite " + ordinal + " is unknown");
    }
    return Suite.values()[ordinal];
  }

  private static RecoveryKeys recovery(ByteReader in) throws MalformedInputException {
    int present = in.u8();
    if (present > 1) {
      throw new MalformedInputException("recovery keys " + present);
    }
    return present == 0
        ? null
        : new RecoveryKeys(in.raw(DeviceKeys.ED25519_BYTES), in.raw(DeviceKeys.ML_DSA_BYTES));
  }
}
