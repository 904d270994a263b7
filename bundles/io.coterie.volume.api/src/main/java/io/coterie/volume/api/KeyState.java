package io.coterie.volume.api;

/**
 * The keys of a volume.
 *
 * @param epoch of the newest key, from 1
 * @param sinceMillis when it began, milliseconds since 1970
 * @param keys how many there are: more than one while something is still under an old one
 * @param newestPercent how much of the live data is under the newest key, 0 to 100
 * @param paused true while what is under old keys is left as it is
 * @param everyMillis the age at which a key is replaced, 0 for never
 */
public record KeyState(
    int epoch, long sinceMillis, int keys, int newestPercent, boolean paused, long everyMillis) {}
