package io.coterie.mesh.api;

import io.coterie.crypto.api.Suite;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The hash-chained, signed list of the coterie's devices, as this device knows it: the root of all
 * trust. Thread-safe.
 */
@ProviderType
public interface Roster {
  /** What it says now; empty while this device belongs to no coterie. */
  Optional<View> view();

  /** The roles of a device; empty for one that is no member. */
  Set<Role> roles(DeviceId device);

  /**
   * What links need to know.
   *
   * @param coterie its name
   * @param index of the last entry
   * @param head the hash of the last entry, 64 hexadecimal digits
   * @param suite the weakest that links may have
   * @param linkSecret only members know it; it changes with each revocation. It spares us work for
   *     strangers and proves nothing
   * @param lastLinkSecret the one before, or the same
   * @param oldLinkSecrets all before those, newest first, at most 16: good for asking for the
   *     roster
   */
  record View(
      String coterie,
      long index,
      String head,
      Suite suite,
      byte[] linkSecret,
      byte[] lastLinkSecret,
      List<byte[]> oldLinkSecrets) {
    @Override
    public String toString() {
      return "Roster of " + coterie + " at " + index;
    }
  }
}
