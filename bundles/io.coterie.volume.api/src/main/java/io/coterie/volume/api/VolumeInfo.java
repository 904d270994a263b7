package io.coterie.volume.api;

/**
 * What is known of a volume.
 *
 * @param id 32 hexadecimal digits
 * @param dataBytes of live data
 * @param storedBytes on disk, with everything around the data
 * @param writeEpoch the newest epoch given to a writer
 * @param writer the holder of the active grant, or null
 */
public record VolumeInfo(
    String name,
    String id,
    long sizeBytes,
    long dataBytes,
    long storedBytes,
    String cipher,
    String keyId,
    long writeEpoch,
    String writer,
    String health) {}
