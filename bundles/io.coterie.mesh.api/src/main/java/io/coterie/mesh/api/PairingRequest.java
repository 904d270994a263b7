package io.coterie.mesh.api;

/**
 * A device that asks to be let in.
 *
 * @param name by which it shall be known
 * @param words that both sides show; they are equal unless somebody stands between
 * @param remote where it comes from, for people
 */
public record PairingRequest(
    String id, String name, DeviceId device, String words, String remote) {}
