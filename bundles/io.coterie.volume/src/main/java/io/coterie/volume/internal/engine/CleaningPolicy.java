package io.coterie.volume.internal.engine;

/**
 * When segments are emptied.
 *
 * @param crowdedPercent how many segments there may be, of those that the data would fill
 * @param slackSegments and so many more
 * @param mostPercent at so many, of those that the data would fill, writers are slowed down the
 *     most
 * @param burstSegments how many more than crowded there may be before writers are slowed down at
 *     all: what is written for a while is cleaned afterwards
 * @param maxLivePercent a segment of which more is live is left as it is
 * @param restBytes how much is written after a round that gained next to nothing before the next
 *     one: what compresses very well leaves segments that look half empty and are not
 */
public record CleaningPolicy(
    int crowdedPercent,
    int mostPercent,
    int slackSegments,
    int burstSegments,
    int maxLivePercent,
    long restBytes) {
  /**
   * Keeps the files under 1.5 times the data from 3 GiB of it on, whatever is written; a burst may
   * take 512 MiB, which is more of a smaller volume.
   */
  public static CleaningPolicy usual() {
    return new CleaningPolicy(125, 150, 8, 128, 80, 128L << 20);
  }
}
