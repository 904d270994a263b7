package io.coterie.mesh.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Whoever tells members the roster when links do not come up because one of them slept through
 * changes of keys. The caller is not proven: it knows a link secret of this coterie, of whatever
 * epoch, and what it gets proves itself.
 */
@ConsumerType
public interface RosterDoor {
  /** A member asks. On a thread of its own. */
  void asked(PairingChannel channel);
}
