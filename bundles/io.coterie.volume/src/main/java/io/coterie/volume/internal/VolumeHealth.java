package io.coterie.volume.internal;

import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the volumes are sound, as far as is known without reading them whole. */
@Component
public final class VolumeHealth implements HealthCheck {
  private final VolumeService volumes;

  @Activate
  public VolumeHealth(@Reference VolumeService volumes) {
    this.volumes = volumes;
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
    }
    if (findings.isEmpty()) {
      findings.add(HealthFinding.good(all.size() + " volumes, no damage known"));
    }
    return findings;
  }
}
