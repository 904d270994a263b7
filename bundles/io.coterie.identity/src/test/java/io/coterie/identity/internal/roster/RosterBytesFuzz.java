package io.coterie.identity.internal.roster;

import io.coterie.base.codec.MalformedInputException;
import java.util.Arrays;

/** A fuzz target: whatever is taken for an entry has exactly these bytes. */
public final class RosterBytesFuzz {
  private RosterBytesFuzz() {}

  /** The target: an entry; behind a checksum it would never be reached. */
  public static void fuzzerTestOneInput(byte[] bytes) {
    try {
      Entry entry = EntryCodec.decode(bytes);
      if (!Arrays.equals(bytes, EntryCodec.encode(entry))) {
        throw new IllegalStateException("one entry has two encodings");
      }
    } catch (MalformedInputException e) {
      // refused, as nearly everything is
    }
  }
}
