package io.coterie.volume.api;

import java.io.IOException;
import java.util.Arrays;

/** Copies what one device holds to another that is empty, and compares every block. Used once. */
public final class DeviceCopy {
  private static final byte[] NOTHING = new byte[DataWalk.PART_BYTES];

  private final BlockDevice source;
  private final BlockDevice target;
  private final Watcher watcher;
  private final byte[] buffer = new byte[DataWalk.PART_BYTES];
  private long copiedBytes;

  /**
   * A copy to be made.
   *
   * @param target at least as large as the source, and without data
   */
  public DeviceCopy(BlockDevice source, BlockDevice target, Watcher watcher) {
    this.source = source;
    this.target = target;
    this.watcher = watcher;
  }

  /** Returns once the copy is durable. What is zero is left out. */
  public void copy() throws IOException {
    new DataWalk(source, "copying", watcher)
        .all(
            (at, part) -> {
              source.read(at, buffer, 0, part);
              if (Arrays.mismatch(buffer, 0, part, NOTHING, 0, part) >= 0) {
                target.write(at, buffer, 0, part);
                target.submit();
                copiedBytes += part;
              }
            });
    target.flush();
  }

  /**
   * Reads both again.
   *
   * @throws IOException when anything of the source is not in the target
   */
  public void compare() throws IOException {
    byte[] copied = new byte[DataWalk.PART_BYTES];
    new DataWalk(source, "comparing", watcher)
        .all(
            (at, part) -> {
              source.read(at, buffer, 0, part);
              target.read(at, copied, 0, part);
              if (!Arrays.equals(buffer, 0, part, copied, 0, part)) {
                throw new IOException("what was written is not what is read, at byte " + at);
              }
            });
  }

  /**
   * Whether two devices hold the same. The second may be longer; there it must read as zeroes.
   *
   * @param watcher hears how far it is
   */
  public static boolean equal(BlockDevice one, BlockDevice other, Watcher watcher)
      throws IOException {
    byte[] mine = new byte[DataWalk.PART_BYTES];
    byte[] theirs = new byte[DataWalk.PART_BYTES];
    boolean[] same = {true};
    DataWalk.Step compare =
        (at, part) -> {
          int inOne = (int) Math.max(0, Math.min(part, one.sizeBytes() - at));
          Arrays.fill(mine, 0, part, (byte) 0);
          one.read(Math.min(at, one.sizeBytes()), mine, 0, inOne);
          other.read(at, theirs, 0, part);
          same[0] &= Arrays.equals(mine, 0, part, theirs, 0, part);
        };
    new DataWalk(one, "comparing", watcher).all(compare);
    new DataWalk(other, "comparing", watcher).all(compare);
    return same[0];
  }

  /** How much was copied. */
  public long copiedBytes() {
    return copiedBytes;
  }
}
