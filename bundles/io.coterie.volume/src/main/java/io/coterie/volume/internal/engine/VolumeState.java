package io.coterie.volume.internal.engine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Whether a volume is open, takes writes, and what damage was found. Guarded by its lock. */
final class VolumeState {
  private final List<String> findings = new ArrayList<>();
  private volatile String readOnlyReason;
  private boolean closed;
  private volatile boolean awaitsCheckpoint;

  boolean closed() {
    return closed;
  }

  void close() {
    closed = true;
  }

  /** Why it takes no writes, or null. May be read without the lock. */
  String readOnlyReason() {
    return readOnlyReason;
  }

  void stopWrites(String reason) {
    readOnlyReason = reason;
  }

  boolean takesWrites() {
    return !closed && readOnlyReason == null && !awaitsCheckpoint;
  }

  /** After recovery nothing is written before a checkpoint lies behind what was cut off. */
  void setAwaitsCheckpoint(boolean value) {
    awaitsCheckpoint = value;
  }

  boolean awaitsCheckpoint() {
    return awaitsCheckpoint;
  }

  void found(String what) {
    findings.add(what);
  }

  List<String> findings() {
    return List.copyOf(findings);
  }

  void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the volume is closed");
    }
  }

  void checkWritable() throws IOException {
    checkOpen();
    if (readOnlyReason != null) {
      throw new IOException("the volume takes no writes: " + readOnlyReason);
    }
  }
}
