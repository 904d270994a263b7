package io.coterie.identity.internal.pairing;

import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A mesh that only pairs. */
record PairingMesh(Wire wire) implements MeshService {
  @Override
  public PairingChannel pair(String address, byte[] inviteId, byte[] secret, long timeoutMillis)
      throws IOException {
    return wire.connect(inviteId, secret);
  }

  @Override
  public String listenAddress() {
    return null;
  }

  @Override
  public DeviceId self() {
    throw new AssertionError("not asked for");
  }

  @Override
  public String listen(String address) {
    throw new AssertionError("not asked for");
  }

  @Override
  public Map<String, Long> refusals() {
    return Map.of();
  }

  @Override
  public List<LinkStatus> links() {
    return List.of();
  }

  @Override
  public Stream open(DeviceId peer, String service, StreamClass streamClass, long timeoutMillis) {
    throw new AssertionError("not asked for");
  }

  @Override
  public byte[] call(DeviceId peer, String service, byte[] request, long timeoutMillis) {
    throw new AssertionError("not asked for");
  }

  @Override
  public LinkStatus changeSuite(DeviceId peer, Suite suite, long timeoutMillis) {
    throw new AssertionError("not asked for");
  }

  @Override
  public PairingChannel askForRoster(DeviceId peer, long timeoutMillis) {
    throw new AssertionError("not asked for");
  }
}
