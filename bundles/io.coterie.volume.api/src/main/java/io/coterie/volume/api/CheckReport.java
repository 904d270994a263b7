package io.coterie.volume.api;

import java.util.List;

/**
 * The result of reading a whole volume, with its snapshots.
 *
 * @param blocks that were read and authenticated; those that a snapshot shares count once
 * @param damagedBlocks of them, and those that a damaged part of the map told of
 * @param findings the worst first, at most {@link #MAX_FINDINGS}
 */
public record CheckReport(long blocks, long damagedBlocks, List<Finding> findings) {
  public static final int MAX_FINDINGS = 100;

  public CheckReport {
    findings = List.copyOf(findings);
  }

  /** How bad something is. The worst comes first. */
  public enum Severity {
    /** Something that was stored cannot be read. */
    LOST,
    /** Everything can be read, but something that guards it is gone, or no writes are taken. */
    WEAK
  }

  /**
   * One thing that is wrong.
   *
   * @param what in words, with blocks and file
   * @param next what to do about it
   */
  public record Finding(Severity severity, String what, String next) {}
}
