package io.coterie.identity.internal.roster;

import io.coterie.base.codec.Sha256;
import java.util.List;

/**
 * One link of the roster's chain. Its hash covers everything but the signatures, so that one more
 * signature does not make it another entry.
 *
 * @param index 0 for the genesis
 * @param previous the hash of the entry before, zeros for the genesis
 * @param wallMillis when its author says that it was made; for people only
 */
public record Entry(
    long index, Hash previous, long wallMillis, Change change, List<EntrySignature> signatures) {
  /** What the signatures of entries are for. */
  public static final String PURPOSE = "coterie-roster-entry-v1";

  public Entry {
    signatures = List.copyOf(signatures);
  }

  /** The bytes that are hashed and signed. */
  public byte[] body() {
    return EntryCodec.body(this);
  }

  public Hash hash() {
    return new Hash(Sha256.of(body()));
  }

  public Entry withSignatures(List<EntrySignature> others) {
    return new Entry(index, previous, wallMillis, change, others);
  }
}
