package io.coterie.volume.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Who can open the volumes of this device. The key of a volume is wrapped for each recipient apart.
 * Thread-safe. Errors are CoterieExceptions: COT-0501 no such volume, COT-0535 not stored, COT-0538
 * no such recipient, COT-0539 refused, COT-0540 wrong passphrase.
 */
@ProviderType
public interface RecipientService {
  /** In the order in which they came. */
  List<Recipient> list(String volume);

  /**
   * Lets a device of the coterie open the volume: it needs the files, too.
   *
   * @param device its name
   */
  void addDevice(String volume, String device);

  /**
   * Lets whoever knows a passphrase open the volume.
   *
   * @param name for it, as volumes are named
   * @param passphrase in UTF-8, 8 bytes at least; the caller wipes it
   */
  void addPassphrase(String volume, String name, byte[] passphrase);

  /**
   * Takes the way of a device away. The volume has a new key from then on; what the device could
   * read until then it may have kept.
   *
   * @param device its name or its id
   */
  void removeDevice(String volume, String device);

  /** As {@link #removeDevice}, for a passphrase. */
  void removePassphrase(String volume, String name);

  /**
   * Makes this device a recipient of a volume that it cannot open, by a passphrase.
   *
   * @param passphrase in UTF-8; the caller wipes it
   */
  void adopt(String volume, byte[] passphrase);
}
