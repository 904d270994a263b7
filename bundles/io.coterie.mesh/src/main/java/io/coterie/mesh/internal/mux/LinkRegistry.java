package io.coterie.mesh.internal.mux;

import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;

/** What a handshake needs of the house that keeps the links. */
public interface LinkRegistry {
  /** A peer made a link over this connection. */
  Link accepted(DeviceId peer, byte[] linkId, TlsConnection tls, SecureSession session);

  /** This side made a link over this connection. */
  Link dialled(DeviceId peer, byte[] linkId, TlsConnection tls, SecureSession session);

  /** The live link of that id to that peer, or null. */
  Link find(DeviceId peer, byte[] linkId);
}
