package io.coterie.mesh.api;

import org.osgi.annotation.versioning.ConsumerType;

/** A service that hears of changes to {@link Peers}. */
@ConsumerType
public interface PeerListener {
  /** A device is no longer trusted. Called after the change is durable. */
  default void removed(DeviceId id) {}

  /** The roster has new entries. Called after the change is durable. */
  default void changed() {}
}
