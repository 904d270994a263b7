package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.RootFile;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.log.UnitCipher;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.LiveSpace;
import io.coterie.volume.internal.map.NodeReader;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What opening a volume found: the newest checkpoint that can be read, with the log behind it.
 *
 * @param lastCheckpoint the number of the newest checkpoint that there was
 * @param startCheckpoint the number of the one from which the log was replayed
 * @param start its position
 * @param end the last commit
 * @param tail segments behind the checkpoint
 * @param lost why nothing may be written, or null
 * @param mendRoots true when one of the roots was missing or damaged
 */
record Recovered(
    HeadMap map,
    SegmentTable table,
    LiveSpace live,
    Catalogue snapshots,
    long lastCheckpoint,
    long startCheckpoint,
    LogPosition start,
    LogPosition end,
    long[] tail,
    String lost,
    boolean mendRoots,
    List<String> findings) {

  private static final int MAX_MISSING_NAMED = 10;
  private static final int FIRST_ERA = 1;

  /** A volume that was just made. */
  static Recovered fresh(long sizeBytes, NodeReader reader, MapBudget budget) {
    SegmentTable table = new SegmentTable();
    LiveSpace live = new LiveSpace(table);
    HeadMap map =
        new HeadMap(sizeBytes, TreeTop.empty(sizeBytes), FIRST_ERA, 0, reader, live, budget);
    return made(map, table, live, LogPosition.start());
  }

  /** A volume that was just made of what another one holds. */
  static Recovered forked(long sizeBytes, Fork fork, NodeReader reader, MapBudget budget) {
    SnapshotEntry snapshot = fork.snapshot();
    LiveSpace live = new LiveSpace(fork.segments());
    HeadMap map =
        new HeadMap(
            sizeBytes,
            snapshot.top(),
            snapshot.era() + 1,
            snapshot.mappedBlocks(),
            reader,
            live,
            budget);
    long next = fork.segments().nextId();
    return made(
        map,
        fork.segments(),
        live,
        new LogPosition(next, 1, snapshot.commit(), new byte[Sizes.HASH]));
  }

  private static Recovered made(
      HeadMap map, SegmentTable table, LiveSpace live, LogPosition position) {
    return new Recovered(
        map,
        table,
        live,
        Catalogue.EMPTY,
        0,
        0,
        position,
        position,
        new long[0],
        null,
        false,
        List.of());
  }

  /**
   * Recovers.
   *
   * @param ids of the segment files that are there, rising
   */
  static Recovered from(
      long sizeBytes,
      long[] ids,
      Roots roots,
      OpenSegments open,
      NodeReader reader,
      UnitCipher cipher,
      MapBudget budget)
      throws IOException {
    List<String> findings = new ArrayList<>();
    List<RootFile> candidates = roots.read(findings);
    boolean mendRoots = !findings.isEmpty();
    CheckpointReader checkpoints = new CheckpointReader(open, reader);
    CheckpointReader.Loaded start = newest(candidates, checkpoints, findings);
    if (start == null) {
      start = checkpoints.search(ids);
      if (start == null) {
        throw new MalformedInputException("there is no checkpoint");
      }
      findings.add(
          "no root leads to a checkpoint; number "
              + start.record().checkpoint()
              + " was found in the log");
    }
    LogPosition from = start.record().position();
    SegmentTable table = start.table();
    reconcile(table, ids, from.segmentId(), findings);
    long[] tail = usable(ids, from.segmentId(), open, table, findings);
    LiveSpace live = new LiveSpace(table);
    live.setSnapshots(start.snapshots().entries());
    HeadMap map =
        new HeadMap(
            sizeBytes,
            new TreeTop(start.record().topLevel(), start.record().pointer()),
            start.record().era(),
            start.record().mappedBlocks(),
            reader,
            live,
            budget);
    long durable = candidates.stream().mapToLong(RootFile::commit).max().orElse(0);
    Recovery.Result result =
        new Recovery(open, map, cipher).run(from, tail, Math.max(durable, start.rootCommit()));
    findings.addAll(result.findings());
    long last = candidates.stream().mapToLong(RootFile::checkpoint).max().orElse(0);
    return new Recovered(
        map,
        table,
        live,
        start.snapshots(),
        Math.max(last, start.record().checkpoint()),
        start.record().checkpoint(),
        from,
        new LogPosition(table.nextId(), 1, result.commit(), result.chain()),
        tail,
        result.lost(),
        mendRoots,
        findings);
  }

  private static CheckpointReader.Loaded newest(
      List<RootFile> candidates, CheckpointReader checkpoints, List<String> findings)
      throws IOException {
    for (RootFile root : candidates) {
      try {
        return checkpoints.load(root);
      } catch (DamagedBlockException | MalformedInputException | java.io.EOFException e) {
        findings.add("checkpoint " + root.checkpoint() + ": " + e.getMessage());
      }
    }
    return null;
  }

  /** Compares the table with the files. What needs nothing of a missing file is not damage. */
  private static void reconcile(
      SegmentTable table, long[] ids, long firstOfTail, List<String> findings) {
    List<String> missing = new ArrayList<>();
    for (long id : table.ids()) {
      if (Arrays.binarySearch(ids, id) < 0) {
        if (table.live(id) > 0) {
          missing.add(io.coterie.volume.internal.log.SegmentFiles.name(id));
        } else {
          table.remove(id);
        }
      }
    }
    if (!missing.isEmpty()) {
      findings.add(
          missing.size()
              + " segments with data are missing: "
              + String.join(", ", missing.subList(0, Math.min(MAX_MISSING_NAMED, missing.size()))));
    }
    for (long id : ids) {
      if (id < firstOfTail) {
        table.add(id, 0, 0); // left over by an interrupted removal; it goes the usual way
      }
      table.reserveUpTo(id);
    }
  }

  /** The segments behind the checkpoint whose header authenticates; they join the table. */
  private static long[] usable(
      long[] ids, long first, OpenSegments open, SegmentTable table, List<String> findings)
      throws IOException {
    List<Long> usable = new ArrayList<>();
    for (long id : ids) {
      if (id >= first) {
        try {
          var segment = open.acquire(id);
          table.add(id, segment.header().epoch(), 0);
          open.release(segment);
          usable.add(id);
        } catch (DamagedBlockException e) {
          findings.add(e.getMessage());
        }
      }
    }
    return usable.stream().mapToLong(Long::longValue).toArray();
  }
}
