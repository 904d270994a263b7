package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/**
 * The right to touch the volumes of a device: of one service at a time, of whatever version and in
 * whatever process. The next version of the bundle starts while this one still has its volumes
 * open; two engines on one log would destroy it. Guarded by its owner.
 */
final class Ownership {
  static final String FILE = ".lock";
  private static final long WAIT_MILLIS = TimeUnit.SECONDS.toMillis(20);
  private static final long POLL_MILLIS = 20;

  private final Path file;
  private FileChannel channel;
  private FileLock lock;

  Ownership(Path directory) {
    this.file = directory.resolve(FILE);
  }

  /**
   * Takes it, waiting for the service before.
   *
   * @return true when it was not held before this call
   */
  boolean take() {
    if (lock != null) {
      return false;
    }
    try {
      if (channel == null) {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      }
      lock = tryLock();
      for (long waited = 0; lock == null && waited < WAIT_MILLIS; waited += POLL_MILLIS) {
        Thread.sleep(POLL_MILLIS);
        lock = tryLock();
      }
    } catch (IOException e) {
      throw notTaken("volumes cannot be locked: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notTaken("interrupted while another service had the volumes", e);
    }
    if (lock == null) {
      throw notTaken("another service has had the volumes open for " + WAIT_MILLIS + " ms", null);
    }
    return true;
  }

  private static CoterieException notTaken(String why, Exception e) {
    return CoterieException.of("COT-0554", ExitCode.FAILED, why, "coterie feature list", e);
  }

  /** Null when somebody else has it: of this process, too. */
  private FileLock tryLock() throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Lets the next one in. */
  void release() throws IOException {
    if (channel != null) {
      channel.close();
    }
    channel = null;
    lock = null;
  }
}
