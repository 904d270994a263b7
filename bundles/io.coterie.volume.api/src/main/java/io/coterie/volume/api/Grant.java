package io.coterie.volume.api;

/**
 * A right to use a volume, named by an unguessable export name that carries the epoch at which it
 * was issued.
 *
 * @param export the name an NBD client asks for
 * @param holder who it was given to, for people
 * @param writeEpoch the epoch under which it writes, or 0 while it may only read
 */
public record Grant(String volume, String export, String holder, State state, long writeEpoch) {
  /** What the holder may do. */
  public enum State {
    /** May connect and read, and waits for the right to write. */
    WAITING,
    /** The one writer. */
    ACTIVE,
    /** May read, never write. */
    READ_ONLY,
    /** Nothing, but may become the writer again if the one after it failed. */
    SUSPENDED
  }
}
