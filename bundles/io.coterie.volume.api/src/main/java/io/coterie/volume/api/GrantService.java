package io.coterie.volume.api;

import io.coterie.mesh.api.DeviceId;
import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Grants of volumes wherever they are: on this device or on another one, over the mesh. An export
 * name is the proof of the right to act: whoever holds one may hand its right on. Thread-safe.
 */
@ProviderType
public interface GrantService {
  /**
   * Asks for a grant beside an existing one. It may connect, and waits for the right to write.
   *
   * @param home the device that holds the volume
   * @param export an existing grant of that volume
   */
  Grant issueSuccessor(DeviceId home, String export, String holder) throws IOException;

  /** Makes this grant the one writer; see {@link VolumeService#activate}. */
  Grant activate(DeviceId home, String export) throws IOException;

  /** Gives the right back; see {@link VolumeService#takeBack}. */
  Grant takeBack(DeviceId home, String export, String from) throws IOException;

  /** Ends a grant. */
  void revoke(DeviceId home, String export) throws IOException;
}
