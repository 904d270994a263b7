package io.coterie.mesh.internal;

import io.coterie.mesh.api.MeshService;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** What the mesh does, and who was turned away. */
@Component
public final class MeshHealth implements HealthCheck {
  private final MeshService mesh;

  @Activate
  public MeshHealth(@Reference MeshService mesh) {
    this.mesh = mesh;
  }

  @Override
  public String area() {
    return "mesh";
  }

  @Override
  public List<HealthFinding> check() {
    List<HealthFinding> findings = new ArrayList<>();
    String listens = mesh.listenAddress();
    findings.add(
        HealthFinding.good(
            (listens == null ? "listens nowhere" : "listens on " + listens)
                + ", "
                + mesh.links().size()
                + " links"));
    long unknown = mesh.refusals().getOrDefault("UNKNOWN_DEVICE", 0L);
    if (unknown > 0) {
      findings.add(
          HealthFinding.warning(
              unknown + " connections of unknown devices were refused", "coterie mesh status"));
    }
    return findings;
  }
}
