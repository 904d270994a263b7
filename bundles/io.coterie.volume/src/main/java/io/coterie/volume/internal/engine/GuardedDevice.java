package io.coterie.volume.internal.engine;

import io.coterie.volume.api.AccessRevokedException;
import io.coterie.volume.api.BlockDevice;
import java.io.IOException;

/**
 * One client's view of a volume: every call first enters the client's grant, so that ending the
 * grant can wait for the calls in flight and no later one gets through.
 */
public final class GuardedDevice implements BlockDevice {
  private static final long NOTHING_STAGED = Long.MAX_VALUE;
  private static final long ZERO_BYTES = 32L << 20;

  private final LogVolume volume;
  private final Gate gate;
  private long oldestStaged = NOTHING_STAGED;

  public GuardedDevice(LogVolume volume, Gate gate) {
    this.volume = volume;
    this.gate = gate;
  }

  @Override
  public long sizeBytes() {
    return volume.sizeBytes();
  }

  @Override
  public void read(long offset, byte[] target, int targetOffset, int lengthBytes)
      throws IOException {
    gate.enterReading();
    try {
      volume.read(offset, target, targetOffset, lengthBytes);
    } finally {
      gate.exit();
    }
  }

  @Override
  public void write(long offset, byte[] source, int sourceOffset, int lengthBytes)
      throws IOException {
    gate.enterWriting();
    try {
      staged(volume.write(offset, source, sourceOffset, lengthBytes));
    } finally {
      gate.exit();
    }
  }

  @Override
  public void zero(long offset, long lengthBytes) throws IOException {
    if (offset < 0 || lengthBytes < 0 || offset > sizeBytes() - lengthBytes) {
      throw new IllegalArgumentException("bytes " + offset + " + " + lengthBytes + " are outside");
    }
    long end = offset + lengthBytes;
    long at = offset;
    do { // in steps: each may wait, and whoever ends the grant waits for one at most
      long next = Math.min(end, (at / ZERO_BYTES + 1) * ZERO_BYTES);
      gate.enterWriting();
      try {
        staged(volume.zero(at, next - at));
      } finally {
        gate.exit();
      }
      at = next;
    } while (at < end);
  }

  private synchronized void staged(long generation) {
    oldestStaged = Math.min(oldestStaged, generation);
  }

  @Override
  public void submit() throws IOException {
    long oldest;
    synchronized (this) {
      oldest = oldestStaged;
      oldestStaged = NOTHING_STAGED;
    }
    if (oldest == NOTHING_STAGED) {
      return;
    }
    gate.enterWriting();
    try {
      volume.submit(oldest);
    } finally {
      gate.exit();
    }
  }

  @Override
  public void flush() throws IOException {
    submit();
    gate.enterFlushing();
    try {
      volume.flush();
    } finally {
      gate.exit();
    }
  }

  @Override
  public long extent(long offset, long lengthBytes) throws IOException {
    gate.enterReading();
    try {
      return volume.extent(offset, lengthBytes);
    } finally {
      gate.exit();
    }
  }

  /** What a grant allows at this moment. */
  public static final class Gate {
    /** How far a grant reaches. */
    public enum Right {
      NONE,
      /** Nothing but a flush, which a stopping guest still sends. */
      FLUSH,
      READ,
      WRITE
    }

    private Right right;
    private int inFlight;

    public Gate(Right right) {
      this.right = right;
    }

    private synchronized void enterReading() throws IOException {
      if (right == Right.NONE || right == Right.FLUSH) {
        throw new AccessRevokedException("the grant has ended");
      }
      inFlight++;
    }

    private synchronized void enterFlushing() throws IOException {
      if (right == Right.NONE) {
        throw new AccessRevokedException("the grant has ended");
      }
      inFlight++;
    }

    private synchronized void enterWriting() throws IOException {
      if (right != Right.WRITE) {
        throw new AccessRevokedException("the grant does not allow writing");
      }
      inFlight++;
    }

    private synchronized void exit() {
      inFlight--;
      if (inFlight == 0) {
        notifyAll();
      }
    }

    public synchronized void set(Right value) {
      right = value;
    }

    /** Lowers the right and waits for the calls in flight; false when they did not end in time. */
    public synchronized boolean lowerAndDrain(Right lower, long timeoutMillis)
        throws InterruptedException {
      right = lower;
      long waited = 0;
      while (inFlight > 0 && waited < timeoutMillis) {
        long slice = Math.min(100, timeoutMillis - waited);
        wait(slice);
        waited += slice;
      }
      return inFlight == 0;
    }
  }
}
