package io.coterie.volume.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.Grant;
import io.coterie.volume.internal.format.VolumeKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who may use a volume, and the newest epoch that was given to a writer. At most one grant is
 * active. Pure state; its owner guards it and stores it before anything it says takes effect.
 */
final class GrantTable {
  static final String FILE = "grants";
  static final int MAX_GRANTS = 64;
  static final int MAX_FILE_BYTES = 64 * 1024;
  private static final int VERSION = 2;
  private static final int MAX_TEXT_BYTES = 256;

  private final String volume;
  private final Map<String, Grant> grants = new LinkedHashMap<>();
  private long writeEpoch;

  GrantTable(String volume) {
    this.volume = volume;
  }

  long writeEpoch() {
    return writeEpoch;
  }

  List<Grant> list() {
    return List.copyOf(grants.values());
  }

  Grant find(String export) {
    // Constant-time per grant: an export name is a secret.
    byte[] asked = export.getBytes(StandardCharsets.UTF_8);
    Grant found = null;
    for (Grant grant : grants.values()) {
      if (MessageDigest.isEqual(asked, grant.export().getBytes(StandardCharsets.UTF_8))) {
        found = grant;
      }
    }
    return found;
  }

  Grant active() {
    for (Grant grant : grants.values()) {
      if (grant.state() == Grant.State.ACTIVE) {
        return grant;
      }
    }
    return null;
  }

  boolean full() {
    return grants.size() >= MAX_GRANTS;
  }

  void add(Grant grant) {
    grants.put(grant.export(), grant);
  }

  void remove(String export) {
    grants.remove(export);
  }

  /** The grant becomes the one writer under the next epoch; the writer before it is suspended. */
  Grant activate(Grant grant) {
    Grant before = active();
    if (before != null) {
      grants.put(before.export(), with(before, Grant.State.SUSPENDED, 0));
    }
    Grant after = with(grant, Grant.State.ACTIVE, ++writeEpoch);
    grants.put(after.export(), after);
    return after;
  }

  private static Grant with(Grant grant, Grant.State state, long epoch) {
    return new Grant(grant.volume(), grant.export(), grant.holder(), state, epoch);
  }

  GrantTable copy() {
    GrantTable copy = new GrantTable(volume);
    copy.writeEpoch = writeEpoch;
    copy.grants.putAll(grants);
    return copy;
  }

  byte[] encode(VolumeKeys keys) {
    ByteWriter out =
        new ByteWriter().u8(VERSION).u32(keys.currentEpoch()).u64(writeEpoch).u8(grants.size());
    for (Grant grant : grants.values()) {
      out.text(grant.export())
          .text(grant.holder())
          .u8(grant.state().ordinal())
          .u64(grant.writeEpoch());
    }
    return keys.authenticated(FILE, out.toByteArray());
  }

  static GrantTable decode(String volume, byte[] bytes, VolumeKeys keys)
      throws MalformedInputException {
    ByteReader head = new ByteReader(bytes);
    if (head.u8() != VERSION) {
      throw new MalformedInputException("the grant file has an unknown version");
    }
    ByteReader in = new ByteReader(keys.authenticate((int) head.u32(), FILE, bytes));
    in.u8();
    in.u32();
    GrantTable table = new GrantTable(volume);
    table.writeEpoch = in.u64();
    int count = in.u8();
    for (int i = 0; i < count; i++) {
      String export = in.text(MAX_TEXT_BYTES);
      String holder = in.text(MAX_TEXT_BYTES);
      int state = in.u8();
      if (state >= Grant.State.values().length) {
        throw new MalformedInputException("grant state " + state);
      }
      table.add(new Grant(volume, export, holder, Grant.State.values()[state], in.u64()));
    }
    in.end();
    return table;
  }
}
