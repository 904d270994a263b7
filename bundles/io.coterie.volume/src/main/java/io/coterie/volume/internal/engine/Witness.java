package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.LogPosition;
import java.io.IOException;

/**
 * Remembers apart from a volume's files how far the volume was, so that an older copy of all of
 * them is noticed. Called by one thread at a time.
 */
public interface Witness {
  /** Nobody remembers. */
  Witness NONE =
      new Witness() {
        @Override
        public String objection(long checkpoint, LogPosition position, long endCommit) {
          return null;
        }

        @Override
        public void seen(long checkpoint, LogPosition position) {
          // Nobody asks.
        }
      };

  /**
   * Compares what was found with what is remembered.
   *
   * @param position of that checkpoint
   * @param endCommit the newest commit that was found
   * @return in words why this is not the volume as it was last, or null
   */
  String objection(long checkpoint, LogPosition position, long endCommit) throws IOException;

  /** A checkpoint is durable. */
  void seen(long checkpoint, LogPosition position) throws IOException;
}
