package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.files.VolumeDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk in memory that remembers what was done to it, step by step. From any step on it can be had
 * as a killed process leaves it (everything that was written is there) or as a loss of power does
 * (what was not forced is there or not, sector by sector, and names are there up to some point). It
 * can also refuse a step.
 */
final class SimulatedDisk implements VolumeDirectory {
  static final int SECTOR_BYTES = 512;

  private final Map<String, Integer> names = new TreeMap<>();
  private final Map<Integer, Content> contents = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private Refusal refusal = (step, number) -> Verdict.DO;
  private int lastFile;

  /** One change of the disk. */
  sealed interface Step {
    record Create(String name, int file) implements Step {}

    record Rename(String from, String to) implements Step {}

    record Delete(String name) implements Step {}

    record Write(int file, long position, byte[] bytes) implements Step {}

    record ForceFile(int file) implements Step {}

    record ForceNames() implements Step {}
  }

  /** What becomes of a step. */
  enum Verdict {
    DO,
    /** Nothing is done. */
    FAIL,
    /** Of a write the first half of its sectors. */
    FAIL_HALFWAY
  }

  /** Decides about each step before it is done. */
  interface Refusal {
    Verdict of(Step step, int number);
  }

  /** The bytes of a file: sectors that were never written are zeroes. */
  private static final class Content {
    private final Map<Long, byte[]> sectors;
    private long lengthBytes;

    Content() {
      this(new HashMap<>(), 0);
    }

    private Content(Map<Long, byte[]> sectors, long lengthBytes) {
      this.sectors = sectors;
      this.lengthBytes = lengthBytes;
    }

    /** Sectors are never changed in place, so that copies share them. */
    Content copy() {
      return new Content(new HashMap<>(sectors), lengthBytes);
    }

    void write(long position, byte[] bytes, Keep keep) {
      int at = 0;
      while (at < bytes.length) {
        long sector = (position + at) / SECTOR_BYTES;
        int inSector = (int) ((position + at) % SECTOR_BYTES);
        int part = Math.min(bytes.length - at, SECTOR_BYTES - inSector);
        if (keep.sector()) {
          byte[] old = sectors.get(sector);
          byte[] fresh = old == null ? new byte[SECTOR_BYTES] : old.clone();
          System.arraycopy(bytes, at, fresh, inSector, part);
          sectors.put(sector, fresh);
          lengthBytes = Math.max(lengthBytes, position + at + part);
        }
        at += part;
      }
    }

    int read(ByteBuffer target, long position) {
      if (position >= lengthBytes) {
        return -1;
      }
      int count = (int) Math.min(target.remaining(), lengthBytes - position);
      for (int done = 0; done < count; ) {
        int inSector = (int) ((position + done) % SECTOR_BYTES);
        int part = Math.min(count - done, SECTOR_BYTES - inSector);
        byte[] sector = sectors.get((position + done) / SECTOR_BYTES);
        target.put(sector == null ? new byte[SECTOR_BYTES] : sector, inSector, part);
        done += part;
      }
      return count;
    }
  }

  private interface Keep {
    boolean sector();
  }

  // ---- doing

  synchronized int stepCount() {
    return steps.size();
  }

  synchronized void refuse(Refusal decision) {
    refusal = decision;
  }

  /** Whether a step writes to the file of that name. */
  synchronized boolean writesTo(Step step, String name) {
    return step instanceof Step.Write write && names.getOrDefault(name, -1) == write.file();
  }

  private synchronized void perform(Step step) throws IOException {
    Verdict verdict = refusal.of(step, steps.size());
    Step done = step;
    if (verdict == Verdict.FAIL_HALFWAY && step instanceof Step.Write write) {
      int half = write.bytes().length / SECTOR_BYTES / 2 * SECTOR_BYTES;
      done = new Step.Write(write.file(), write.position(), Arrays.copyOf(write.bytes(), half));
    }
    if (verdict != Verdict.FAIL) {
      steps.add(done);
      apply(done, names, contents, () -> true);
    }
    if (verdict != Verdict.DO) {
      throw new IOException("the disk refuses " + step.getClass().getSimpleName());
    }
  }

  private static void apply(
      Step step, Map<String, Integer> names, Map<Integer, Content> contents, Keep keep) {
    if (step instanceof Step.Create create) {
      names.put(create.name(), create.file());
      contents.put(create.file(), new Content());
    } else if (step instanceof Step.Rename rename) {
      names.put(rename.to(), names.remove(rename.from()));
    } else if (step instanceof Step.Delete delete) {
      names.remove(delete.name());
    } else if (step instanceof Step.Write write) {
      contents.get(write.file()).write(write.position(), write.bytes(), keep);
    }
  }

  // ---- crashing

  /** The disk after so many steps, when the process was killed. */
  SimulatedDisk killedAfter(int count) {
    SimulatedDisk left = new SimulatedDisk();
    for (Step step : first(count)) {
      apply(step, left.names, left.contents, () -> true);
    }
    left.lastFile = lastFile;
    return left;
  }

  /**
   * The disk after so many steps, when the power went.
   *
   * @param kept how likely a sector is there that was not forced, 0 to 1
   */
  SimulatedDisk unpoweredAfter(int count, double kept, Random random) {
    SimulatedDisk left = new SimulatedDisk();
    left.lastFile = lastFile;
    List<Step> nameSteps = new ArrayList<>();
    Map<Integer, List<Step.Write>> unforced = new HashMap<>();
    for (Step step : first(count)) {
      if (step instanceof Step.ForceNames) {
        nameSteps.forEach(s -> applyName(s, left));
        nameSteps.clear();
      } else if (step instanceof Step.ForceFile force) {
        List<Step.Write> writes = unforced.remove(force.file());
        if (writes != null) {
          writes.forEach(w -> left.content(w.file()).write(w.position(), w.bytes(), () -> true));
        }
      } else if (step instanceof Step.Write write) {
        unforced.computeIfAbsent(write.file(), f -> new ArrayList<>()).add(write);
      } else {
        nameSteps.add(step);
      }
    }
    int namesKept = kept == 0 ? 0 : random.nextInt(nameSteps.size() + 1);
    nameSteps.subList(0, namesKept).forEach(s -> applyName(s, left));
    for (List<Step.Write> writes : unforced.values()) {
      for (Step.Write write : writes) {
        left.content(write.file())
            .write(write.position(), write.bytes(), () -> random.nextDouble() < kept);
      }
    }
    left.contents.keySet().retainAll(left.names.values());
    return left;
  }

  /** The disk as it is, with what stands in a file from some place on lost. */
  SimulatedDisk withFileCut(String name, long lengthBytes) {
    SimulatedDisk left = killedAfter(stepCount());
    Content content = left.contents.get(left.names.get(name));
    content.sectors.keySet().removeIf(sector -> sector * SECTOR_BYTES >= lengthBytes);
    content.lengthBytes = Math.min(content.lengthBytes, lengthBytes);
    return left;
  }

  /** The disk as it is, with one byte of a file altered. */
  SimulatedDisk withByteFlipped(String name, long position) {
    SimulatedDisk left = killedAfter(stepCount());
    left.flip(name, position);
    return left;
  }

  /** Alters a byte of a file here. */
  void flip(String name, long position) {
    Content content = contents.get(names.get(name));
    ByteBuffer one = ByteBuffer.allocate(1);
    content.read(one, position);
    content.write(position, new byte[] {(byte) (one.get(0) ^ 0x20)}, () -> true);
  }

  /** Where the bytes of a file end that were ever written. */
  synchronized long writtenBytes(String name) {
    return contents.get(names.get(name)).sectors.keySet().stream()
        .mapToLong(sector -> (sector + 1) * SECTOR_BYTES)
        .max()
        .orElse(0);
  }

  /** Names and contents become durable apart from each other. */
  private static void applyName(Step step, SimulatedDisk left) {
    if (step instanceof Step.Create create) {
      left.names.put(create.name(), create.file());
      left.content(create.file());
    } else {
      apply(step, left.names, left.contents, () -> true);
    }
  }

  private Content content(int file) {
    return contents.computeIfAbsent(file, f -> new Content());
  }

  private synchronized List<Step> first(int count) {
    return List.copyOf(steps.subList(0, count));
  }

  // ---- the directory

  @Override
  public synchronized List<String> names(String prefix) {
    return names.keySet().stream().filter(n -> n.startsWith(prefix)).toList();
  }

  @Override
  public synchronized StoredFile open(String name) throws IOException {
    Integer file = names.get(name);
    if (file == null) {
      throw new NoSuchFileException(name);
    }
    return new OpenFile(file);
  }

  @Override
  public synchronized StoredFile create(String name) throws IOException {
    if (names.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    int file = ++lastFile;
    perform(new Step.Create(name, file));
    return new OpenFile(file);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    if (!names.containsKey(from)) {
      throw new NoSuchFileException(from);
    }
    perform(new Step.Rename(from, to));
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    if (names.containsKey(name)) {
      perform(new Step.Delete(name));
    }
  }

  /** A copy, on a disk of its own: nobody writes into what has two names. */
  @Override
  public void link(String name, VolumeDirectory other) throws IOException {
    ByteBuffer bytes;
    synchronized (this) {
      Content content = contents.get(names.get(name));
      bytes = ByteBuffer.allocate((int) content.lengthBytes);
      content.read(bytes, 0);
    }
    StoredFile copy = other.create(name);
    copy.write(bytes.flip(), 0);
    copy.force();
    copy.close();
  }

  @Override
  public boolean shared(String name) {
    return false;
  }

  @Override
  public void force() throws IOException {
    perform(new Step.ForceNames());
  }

  @Override
  public long usableBytes() {
    return Long.MAX_VALUE / 2;
  }

  private final class OpenFile implements StoredFile {
    private final int file;

    OpenFile(int file) {
      this.file = file;
    }

    @Override
    public int read(ByteBuffer target, long position) {
      synchronized (SimulatedDisk.this) {
        return contents.get(file).read(target, position);
      }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      perform(new Step.Write(file, position, bytes));
    }

    @Override
    public void force() throws IOException {
      perform(new Step.ForceFile(file));
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
