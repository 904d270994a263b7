package io.coterie.identity.internal.roster;

/** Why an entry cannot follow the ones before it. */
public final class InvalidEntryException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final long index;

  /** The rules of the roster, one word each. */
  public enum Reason {
    WRONG_PLACE,
    SECOND_GENESIS,
    NO_GENESIS,
    UNKNOWN_DEVICE,
    REVOKED_DEVICE,
    KNOWN_DEVICE,
    NAME_TAKEN,
    BAD_NAME,
    TOO_MANY_DEVICES,
    BAD_CARD,
    WRONG_GENERATION,
    LAST_ADMIN,
    NO_RECOVERY,
    BAD_POLICY,
    BAD_SIGNATURE,
    DOUBLE_SIGNATURE,
    NOT_ENTITLED,
    TOO_FEW_SIGNATURES,
    TOO_MUCH
  }

  InvalidEntryException(Reason reason, long index, String message) {
    super("entry " + index + ": " + message);
    this.reason = reason;
    this.index = index;
  }

  public Reason reason() {
    return reason;
  }

  public long index() {
    return index;
  }
}
