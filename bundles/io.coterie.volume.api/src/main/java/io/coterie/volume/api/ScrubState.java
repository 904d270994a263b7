package io.coterie.volume.api;

/**
 * What the last reading of a whole volume found.
 *
 * @param atMillis when it ended, milliseconds since 1970
 * @param blocks that were read
 * @param damagedBlocks of them
 */
public record ScrubState(long atMillis, long blocks, long damagedBlocks) {}
