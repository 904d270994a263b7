package io.coterie.mesh.api;

import io.coterie.crypto.api.Suite;

/**
 * What is known of one live link.
 *
 * @param transport the id of the transport that its connection takes
 * @param generation how many connections have carried it, from 1
 * @param ageMillis of the connection in use
 * @param certificateAgeSeconds since the peer's session keys were made; they serve for a day
 * @param roundTripMicros of the last ping, -1 before the first
 * @param broken true while its connection is dead and it waits for another one
 * @param breaks how often that happened
 * @param linkId the same at both ends; two devices that dial each other at once have two links
 */
public record LinkStatus(
    DeviceId peer,
    String remoteAddress,
    String transport,
    Suite suite,
    String cipherSuite,
    long generation,
    long ageMillis,
    long certificateAgeSeconds,
    int streams,
    long sentBytes,
    long receivedBytes,
    long roundTripMicros,
    boolean broken,
    long breaks,
    String linkId) {}
