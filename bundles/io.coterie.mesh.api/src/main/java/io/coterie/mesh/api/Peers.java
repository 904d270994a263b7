package io.coterie.mesh.api;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The devices that this one trusts. Kept on disk. Thread-safe. */
@ProviderType
public interface Peers {
  List<Peer> list();

  Optional<Peer> find(DeviceId id);

  /**
   * The peer of that local name.
   *
   * @throws io.coterie.base.error.CoterieException COT-0302 when there is none
   */
  Peer named(String name);

  /** Trusts a device by its card, or renews the addresses of one that is trusted already. */
  Peer add(String name, DeviceCard card, List<String> addresses);

  /** Ends the trust; live links to it are cut by the mesh. */
  void remove(String name);
}
