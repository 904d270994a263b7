package io.coterie.volume.internal;

import io.coterie.crypto.api.KeyReport;
import io.coterie.crypto.api.KeyReports;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The keys of the volumes that live here: one for each, of nothing else. */
@Component
public final class VolumeKeyReports implements KeyReports {
  private final VolumeService volumes;

  @Activate
  public VolumeKeyReports(@Reference VolumeService volumes) {
    this.volumes = volumes;
  }

  @Override
  public List<KeyReport> keys() {
    return volumes.list().stream().map(VolumeKeyReports::report).toList();
  }

  private static KeyReport report(VolumeInfo volume) {
    boolean readable = !volume.keyFingerprint().isEmpty();
    return new KeyReport(
        volume.keyId(),
        "volume " + volume.name(),
        volume.cipher(),
        volume.keyFingerprint(),
        readable ? "sealed to this device" : volume.health());
  }
}
