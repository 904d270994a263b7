package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.engine.CheckpointFiles.Position;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What opening a volume found: the newest checkpoint that can be read, with the log behind it.
 *
 * @param commit the last commit
 * @param chain its chain value
 * @param lost why nothing may be written, or null
 */
record Recovered(
    BlockMap map,
    long checkpointNumber,
    long commit,
    byte[] chain,
    String lost,
    List<String> findings) {

  /** Where the log is read from. */
  private record Start(BlockMap map, Position position, long number) {}

  /**
   * Recovers.
   *
   * @param checkpoints null for a volume that was just created and has none
   */
  static Recovered from(
      long sizeBytes,
      SegmentFiles.Found found,
      SegmentTable segments,
      CheckpointFiles checkpoints,
      BlockCipher cipher,
      MapBudget budget)
      throws IOException {
    List<String> findings = new ArrayList<>(found.unreadable());
    Start start =
        checkpoints == null
            ? empty(sizeBytes, segments, budget)
            : newest(sizeBytes, segments, checkpoints, budget, findings);
    Recovery.Result result;
    try {
      result = new Recovery(found.segments(), start.map(), cipher).run(start.position());
    } catch (IOException | RuntimeException e) {
      start.map().release();
      throw e;
    }
    findings.addAll(result.findings());
    return new Recovered(
        start.map(), start.number(), result.commit(), result.chain(), result.lost(), findings);
  }

  private static Start empty(long sizeBytes, SegmentTable segments, MapBudget budget)
      throws IOException {
    return new Start(
        new BlockMap(sizeBytes / Sizes.BLOCK, segments, budget),
        new Position(1, 1, 0, new byte[Sizes.HASH]),
        0);
  }

  private static Start newest(
      long sizeBytes,
      SegmentTable segments,
      CheckpointFiles checkpoints,
      MapBudget budget,
      List<String> findings)
      throws IOException {
    IOException last = new IOException("there is no checkpoint");
    for (String name : checkpoints.list()) {
      BlockMap candidate = new BlockMap(sizeBytes / Sizes.BLOCK, segments, budget);
      try {
        CheckpointFiles.Loaded loaded = checkpoints.read(name, candidate);
        segments.reserveUpTo(loaded.position().segmentId());
        return new Start(candidate, loaded.position(), loaded.number());
      } catch (IOException e) {
        findings.add(name + ": " + e.getMessage());
        segments.all().forEach(s -> s.addLive(-s.live()));
        candidate.release();
        last = e;
      }
    }
    throw last;
  }
}
