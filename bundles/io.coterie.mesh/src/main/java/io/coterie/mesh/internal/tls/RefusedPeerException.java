package io.coterie.mesh.internal.tls;

/** Why the device at the other end is not let in. */
public final class RefusedPeerException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Counted by these words. */
  public enum Reason {
    /** Not a device of this coterie. */
    UNKNOWN_DEVICE,
    /** No session certificate, or of another suite. */
    BAD_CERTIFICATE,
    /** One of the two signatures of the identity is missing or wrong. */
    BAD_SIGNATURE,
    /** Signed with identity keys of another generation than is known here. */
    OTHER_GENERATION,
    /** The certificate is over or not begun: the clocks differ, or the device is cut off. */
    CLOCK
  }

  private final Reason reason;

  RefusedPeerException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** The refusal in a chain of causes, or null. */
  public static RefusedPeerException in(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof RefusedPeerException refused) {
        return refused;
      }
    }
    return null;
  }
}
