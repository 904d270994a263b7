package io.coterie.volume.internal.format;

/**
 * A place in the log, behind a commit.
 *
 * @param segmentId the segment in which the next commit stands, or a later one
 * @param blockIndex where in it
 * @param commit the last commit before
 * @param chain its chain hash
 */
public record LogPosition(long segmentId, int blockIndex, long commit, byte[] chain) {
  /** Where the log of a new volume begins. */
  public static LogPosition start() {
    return new LogPosition(1, 1, 0, new byte[Sizes.HASH]);
  }
}
