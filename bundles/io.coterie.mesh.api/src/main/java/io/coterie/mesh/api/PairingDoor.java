package io.coterie.mesh.api;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** Whoever invites devices. Asked by the mesh for each connection that claims an invitation. */
@ConsumerType
public interface PairingDoor {
  int INVITE_ID_BYTES = 8;

  /** The secret of an open invitation; empty costs the claimant its connection. */
  Optional<byte[]> secret(byte[] inviteId);

  /** A claimant who knows the secret's token is at the door. On a thread of its own. */
  void opened(byte[] inviteId, PairingChannel channel);
}
