package io.coterie.mesh.internal;

import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.internal.tls.MeshCrypto;
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
  private final MeshCrypto crypto;

  @Activate
  public MeshHealth(@Reference MeshService mesh, @Reference MeshCrypto crypto) {
    this.mesh = mesh;
    this.crypto = crypto;
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
                + " links"
                + (crypto.recordsByLibrary() ? ", records by the library" : "")));
    if (crypto.unknownRecords() != null) {
      findings.add(
          HealthFinding.warning(
              "there is no record layer '" + crypto.unknownRecords() + "' (COT-0417)",
              "set recordLayer in config/io.coterie.mesh.cfg to own or library"));
    }
    long unknown = mesh.refusals().getOrDefault("UNKNOWN_DEVICE", 0L);
    if (unknown > 0) {
      findings.add(
          HealthFinding.warning(
              unknown + " connections of unknown devices were refused", "coterie mesh status"));
    }
    return findings;
  }
}
