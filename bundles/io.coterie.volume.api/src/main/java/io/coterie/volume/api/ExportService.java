package io.coterie.volume.api;

import io.coterie.mesh.api.DeviceId;
import java.io.IOException;
import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/** Offers volumes as network block devices on local sockets. Thread-safe. */
@ProviderType
public interface ExportService {
  /** The socket of the volumes of this device. */
  Path localSocket();

  /**
   * A local socket behind which the volumes of another device stand. The same path is served again
   * after a restart. Repeating the call is harmless.
   */
  Path remoteSocket(DeviceId device) throws IOException;
}
