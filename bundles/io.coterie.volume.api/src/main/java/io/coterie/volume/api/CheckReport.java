package io.coterie.volume.api;

import java.util.List;

/**
 * The result of reading a whole volume.
 *
 * @param blocks data blocks that were read and authenticated
 * @param damaged one line for each damaged place, at most 100
 */
public record CheckReport(long blocks, long damagedBlocks, List<String> damaged) {
  public CheckReport {
    damaged = List.copyOf(damaged);
  }
}
