package io.coterie.mesh.api;

import io.coterie.crypto.api.Suite;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/** Secure links to trusted devices and the streams inside them. Thread-safe. */
@ProviderType
public interface MeshService {
  DeviceId self();

  /** The address this device listens on, or null while it listens nowhere. */
  String listenAddress();

  /** Begins to listen, and does so again after a restart. Replaces an earlier address. */
  String listen(String address) throws IOException;

  /** How many incoming connections were refused, by reason, since the mesh started. */
  Map<String, Long> refusals();

  /** One entry for each live link. */
  List<LinkStatus> links();

  /**
   * Opens a stream, dialling the peer when there is no link yet.
   *
   * @param service the name of the {@link StreamHandler} at the other end, at most 64 characters
   * @param timeoutMillis for link, handshake and the peer's answer together
   * @throws IOException when the peer cannot be reached in time or refuses
   */
  Stream open(DeviceId peer, String service, StreamClass streamClass, long timeoutMillis)
      throws IOException;

  /**
   * Sends a request and waits for the answer, on a stream of class {@link StreamClass#RPC}.
   *
   * @throws io.coterie.base.error.CoterieException the error that the other device gave
   */
  byte[] call(DeviceId peer, String service, byte[] request, long timeoutMillis) throws IOException;

  /** Moves a live link to another suite while its streams flow. */
  LinkStatus changeSuite(DeviceId peer, Suite suite, long timeoutMillis) throws IOException;

  /**
   * Knocks at the door of a device that invited this one.
   *
   * @param secret of the invitation
   * @param timeoutMillis for connection and handshake together
   */
  PairingChannel pair(String address, byte[] inviteId, byte[] secret, long timeoutMillis)
      throws IOException;

  /**
   * Asks a member for its roster on a channel whose ends are not proven, for when links do not come
   * up because keys have changed.
   */
  PairingChannel askForRoster(DeviceId peer, long timeoutMillis) throws IOException;
}
