package io.coterie.volume.api;

/**
 * What is known of a snapshot.
 *
 * @param description for people, may be empty
 * @param dataBytes that the volume held then
 * @param ownBytes that nothing but this snapshot has: what deleting it gives back
 */
public record SnapshotInfo(
    String volume,
    String name,
    String description,
    long createdMillis,
    long sizeBytes,
    long dataBytes,
    long ownBytes) {}
