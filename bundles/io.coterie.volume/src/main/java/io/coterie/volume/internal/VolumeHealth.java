package io.coterie.volume.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the volumes are sound, as far as is known without reading them whole. */
@Component
public final class VolumeHealth implements HealthCheck {
  /** Below this, a checkpoint and the next segments may find no room. */
  private static final long CRITICAL_BYTES = 128L << 20;

  private static final long WARNING_BYTES = 1L << 30;
  private static final String NEXT =
      "make room on that disk; coterie volume list shows who takes it";

  private final VolumeService volumes;
  private final Path directory;

  @Activate
  public VolumeHealth(@Reference VolumeService volumes) throws IOException {
    this(volumes, DeviceHome.ofThisProcess().directory("volumes"));
  }

  VolumeHealth(VolumeService volumes, Path directory) {
    this.volumes = volumes;
    this.directory = directory;
  }

  @Override
  public String area() {
    return "volume";
  }

  @Override
  public List<HealthFinding> check() {
    List<HealthFinding> findings = new ArrayList<>();
    List<VolumeInfo> all = volumes.list();
    for (VolumeInfo v : all) {
      if (!v.health().equals("good")) {
        findings.add(
            HealthFinding.critical(
                v.name() + ": " + v.health(), "coterie volume check " + v.name()));
      }
      if (v.scrub() != null && v.scrub().damagedBlocks() > 0) {
        findings.add(
            HealthFinding.critical(
                v.name()
                    + ": "
                    + v.scrub().damagedBlocks()
                    + " blocks were damaged when it was"
                    + " read whole",
                "coterie volume check " + v.name() + "; coterie volume repair saves the rest"));
      }
    }
    if (!all.isEmpty()) {
      room(findings);
    }
    if (findings.isEmpty()) {
      findings.add(HealthFinding.good(all.size() + " volumes, no damage known"));
    }
    return findings;
  }

  private void room(List<HealthFinding> findings) {
    try {
      long free = Files.getFileStore(directory).getUsableSpace();
      String what = "room for " + Sizes.format(free) + " is left on the disk of the volumes";
      if (free < CRITICAL_BYTES) {
        findings.add(HealthFinding.critical(what + "; writes fail when it is full", NEXT));
      } else if (free < WARNING_BYTES) {
        findings.add(HealthFinding.warning(what, NEXT));
      }
    } catch (IOException e) {
      findings.add(HealthFinding.warning("free space is unknown: " + e.getMessage(), NEXT));
    }
  }
}
