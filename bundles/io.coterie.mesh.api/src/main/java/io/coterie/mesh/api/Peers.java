package io.coterie.mesh.api;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The devices that this one trusts: the roster without itself. Thread-safe. */
@ProviderType
public interface Peers {
  List<Peer> list();

  Optional<Peer> find(DeviceId id);

  /**
   * The peer of that name.
   *
   * @throws io.coterie.base.error.CoterieException COT-0302 when there is none
   */
  Peer named(String name);
}
