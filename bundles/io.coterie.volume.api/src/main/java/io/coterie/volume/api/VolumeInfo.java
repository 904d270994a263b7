package io.coterie.volume.api;

/**
 * What is known of a volume.
 *
 * @param id 32 hexadecimal digits
 * @param dataBytes of live data
 * @param liveBytes what the log needs of itself: data, those of snapshots, and the map
 * @param storedBytes on disk, with everything around the data
 * @param sharedBytes how much of it is in files that other volumes have, too
 * @param snapshots how many there are
 * @param compression what blocks are compressed with, or {@code none}
 * @param keyId of its key, for people: {@code vm-NAME-} and 8 hexadecimal digits
 * @param keyFingerprint 64 hexadecimal digits
 * @param keyState of its keys; null for a volume that cannot be opened
 * @param writeEpoch the newest epoch given to a writer
 * @param writer the holder of the active grant, or null
 * @param scrub what the last reading of the whole volume found, or null
 */
public record VolumeInfo(
    String name,
    String id,
    long sizeBytes,
    long dataBytes,
    long liveBytes,
    long storedBytes,
    long sharedBytes,
    int snapshots,
    String cipher,
    String compression,
    String keyId,
    String keyFingerprint,
    KeyState keyState,
    long writeEpoch,
    String writer,
    ScrubState scrub,
    String health) {}
