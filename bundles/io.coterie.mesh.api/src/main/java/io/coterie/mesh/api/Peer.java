package io.coterie.mesh.api;

import java.util.List;

/**
 * A device that this one trusts.
 *
 * @param id pinned: a peer that shows other keys is refused
 * @param name the local name for it, unique among the peers
 * @param addresses where to dial it, first is tried first; may be empty
 * @param keys with which it signs its sessions, and to wrap secrets for it
 */
public record Peer(DeviceId id, String name, List<String> addresses, DeviceKeys keys) {
  public Peer {
    addresses = List.copyOf(addresses);
  }
}
