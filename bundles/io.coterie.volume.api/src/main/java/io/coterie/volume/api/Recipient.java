package io.coterie.volume.api;

/**
 * Who can open a volume.
 *
 * @param name of the device, or of the passphrase
 * @param id of the device, 64 hexadecimal digits; empty for a passphrase
 */
public record Recipient(Kind kind, String name, String id) {
  /** How a recipient opens it. */
  public enum Kind {
    /** With the keys of the device that is asked. */
    THIS_DEVICE,
    /** With the keys of a device of the coterie. */
    DEVICE,
    /** With the keys of a device that is none of the coterie's, or no longer. */
    STRANGER,
    PASSPHRASE,
    /** In a way that only a newer version knows. */
    UNKNOWN
  }
}
