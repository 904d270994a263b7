package io.coterie.vm.api;

import io.coterie.mesh.api.DeviceId;
import io.coterie.ops.api.Progress;
import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The machines of this device. Thread-safe. Errors are CoterieExceptions with codes COT-07nn. */
@ProviderType
public interface VmService {
  /** Creates a machine and its encrypted volume, importing the image if there is one. */
  VmInfo create(VmSpec spec, Progress progress);

  List<VmInfo> list();

  VmInfo info(String name);

  /** Starts it and returns when its processor runs. */
  VmInfo start(String name);

  /**
   * Stops it.
   *
   * @param graceMillis how long the guest may take to shut down by itself; 0 switches off at once
   */
  VmInfo stop(String name, long graceMillis);

  /** Deletes a stopped machine and its volume. */
  void delete(String name);

  /**
   * Brings the plain disk of a stopped machine into an encrypted volume; the disk stays beside it
   * as a backup. When it breaks off the machine is as it was, and the same call begins again.
   *
   * @return one line about it
   */
  String convert(String name, Progress progress);

  /** Deletes the backup that {@link #convert} left. */
  void removeBackup(String name);

  /** Moves a running machine to another device without stopping it. Returns one line of figures. */
  MigrationReport migrate(String name, DeviceId target, Progress progress);

  /** The file with what the guest wrote to its serial port here. */
  Path serialLog(String name);

  /** The socket of the guest's serial port. */
  Path serialSocket(String name);
}
