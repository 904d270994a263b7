package io.coterie.volume.internal.engine;

import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.CheckReport.Finding;
import io.coterie.volume.api.CheckReport.Severity;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.api.Watcher;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads and authenticates every block of a volume that holds data, and of its snapshots what the
 * volume does not share with them. Used once.
 */
public final class VolumeCheck {
  /** Bounds how much of the map one step looks at. */
  private static final long RUN_BYTES = 64L << 20;

  private static final long LEAF_BYTES = (long) Sizes.LEAF_ENTRIES * Sizes.BLOCK;
  private static final int RUNS_OF_A_STEP = 4096;

  private final LogVolume volume;
  private final Watcher watcher;
  private final byte[] block = new byte[Sizes.BLOCK];
  private final List<Finding> findings = new ArrayList<>();
  private long blocks;
  private long damaged;

  public VolumeCheck(LogVolume volume, Watcher watcher) {
    this.volume = volume;
    this.watcher = watcher;
  }

  /** Reads everything. */
  public CheckReport run() throws IOException {
    for (String found : volume.findings()) {
      report(Severity.WEAK, found, "coterie volume info says what is stopped");
    }
    now();
    // Snapshots are compared with the tree: what was written over before it was read above is
    // found there to be theirs alone.
    try {
      volume.settle();
    } catch (IOException e) {
      volume.checkOpen();
      report(Severity.WEAK, "no checkpoint can be written: " + e.getMessage(), "make room");
    }
    for (SnapshotEntry snapshot : volume.snapshots().list()) {
      try {
        ownOf(snapshot);
      } catch (FileNotFoundException e) {
        continue; // it was deleted meanwhile
      }
    }
    findings.sort(Comparator.comparing(Finding::severity));
    return new CheckReport(blocks, damaged, findings);
  }

  private void now() throws IOException {
    long size = volume.sizeBytes();
    for (long at = 0; at < size; ) {
      watcher.at("reading", (int) (100 * at / size));
      try {
        long extent = volume.extent(at, Math.min(size - at, RUN_BYTES));
        for (long next = at; next < at + extent; next += Sizes.BLOCK) {
          readNow(next);
        }
        at += Math.abs(extent);
      } catch (DamagedBlockException e) { // in the map: what the leaf tells of is lost
        long end = Math.min(size, (at / LEAF_BYTES + 1) * LEAF_BYTES);
        lost(
            e,
            (end - at) / Sizes.BLOCK,
            "restore the volume from a snapshot before, or an archive");
        at = end;
      }
    }
  }

  private void readNow(long at) throws IOException {
    blocks++;
    try {
      volume.read(at, block, 0, Sizes.BLOCK);
    } catch (IOException e) { // of the disk, too: the others may be read
      volume.checkOpen();
      lost(e, 1, "write the block anew from a copy; then it is good again");
    }
  }

  /** A run of blocks that only a snapshot has. */
  private record Run(long firstLba, long blocks) {}

  private void ownOf(SnapshotEntry snapshot) throws IOException {
    long leaves = snapshot.sizeBytes() / LEAF_BYTES + 1;
    long leaf = 0;
    while (leaf != Long.MAX_VALUE) {
      watcher.at("reading snapshot " + snapshot.name(), (int) (100 * leaf / leaves));
      List<Run> runs = new ArrayList<>();
      try {
        leaf =
            volume
                .snapshots()
                .ownRuns(
                    snapshot.name(),
                    leaf,
                    RUNS_OF_A_STEP,
                    (first, count, data) -> runs.add(new Run(first, count)));
      } catch (DamagedBlockException e) {
        lost(e, 1, "delete snapshot " + snapshot.name() + ", or restore what can be read of it");
        leaf = Long.MAX_VALUE; // of the rest nothing is known
      }
      for (Run run : runs) {
        readOf(snapshot, run);
      }
    }
  }

  private void readOf(SnapshotEntry snapshot, Run run) throws IOException {
    for (long lba = run.firstLba(); lba < run.firstLba() + run.blocks(); lba++) {
      blocks++;
      try {
        volume.snapshots().read(snapshot.name(), lba * Sizes.BLOCK, block, 0, Sizes.BLOCK);
      } catch (FileNotFoundException e) {
        throw e;
      } catch (IOException e) {
        volume.checkOpen();
        lost(e, 1, "delete snapshot " + snapshot.name() + ", or restore what can be read of it");
      }
    }
  }

  private void lost(IOException e, long count, String next) {
    damaged += count;
    report(Severity.LOST, String.valueOf(e.getMessage()), next);
  }

  private void report(Severity severity, String what, String next) {
    if (findings.size() < CheckReport.MAX_FINDINGS) {
      findings.add(new Finding(severity, what, next));
    }
  }
}
