package io.coterie.identity.internal;

import io.coterie.base.codec.Hkdf;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.identity.internal.roster.RosterTree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What members show at each other's doors, derived from the coterie's secret and an epoch. An epoch
 * begins with each entry that takes a device out or brings back the admins. Who was revoked is not
 * told that entry, and a later secret cannot be made without it.
 *
 * @param now of this epoch
 * @param before of the epoch before, for who has not heard yet
 * @param older newest first, at most 16: good for asking for the roster only
 */
record LinkSecrets(byte[] now, byte[] before, List<byte[]> older) {
  private static final int SECRET_BYTES = 32;
  private static final int MAX_OLDER = 16;
  private static final byte[] LABEL = "coterie-link-secret-v1".getBytes(StandardCharsets.UTF_8);

  /**
   * Those of a roster.
   *
   * @param tree not empty
   */
  static LinkSecrets of(RosterTree tree) {
    List<Hash> epochs = new ArrayList<>(); // newest first
    for (Entry e : tree.chain()) {
      if (begins(e.change())) {
        epochs.add(0, e.hash());
      }
    }
    byte[] secret = tree.state().genesis().secret();
    return new LinkSecrets(
        derive(secret, epochs.get(0)),
        derive(secret, epochs.get(Math.min(1, epochs.size() - 1))),
        epochs.stream().skip(2).limit(MAX_OLDER).map(h -> derive(secret, h)).toList());
  }

  private static boolean begins(Change change) {
    return change instanceof Change.Genesis
        || change instanceof Change.Revoke
        || change instanceof Change.Recover;
  }

  private static byte[] derive(byte[] secret, Hash epoch) {
    return Hkdf.derive(secret, epoch.toByteArray(), LABEL, SECRET_BYTES);
  }

  @Override
  public String toString() {
    return "LinkSecrets[" + older.size() + " older]";
  }
}
