package io.coterie.ops.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Whether every bundle of the house runs and the disk has room. */
@Component
public final class HealthOfContainer implements HealthCheck {
  private static final long LOW_DISK_BYTES = 1L << 30;

  private final BundleContext context;

  @Activate
  public HealthOfContainer(BundleContext context) {
    this.context = context;
  }

  @Override
  public String area() {
    return "container";
  }

  @Override
  public List<HealthFinding> check() {
    List<HealthFinding> findings = new ArrayList<>();
    int active = 0;
    for (Bundle bundle : context.getBundles()) {
      if (bundle.getState() == Bundle.ACTIVE) {
        active++;
      } else if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
        findings.add(
            HealthFinding.critical(
                "bundle " + bundle.getSymbolicName() + " is not active", "coterie device logs"));
      }
    }
    findings.add(HealthFinding.good(active + " bundles are active"));
    findings.add(disk());
    return findings;
  }

  private static HealthFinding disk() {
    DeviceHome home = DeviceHome.ofThisProcess();
    try {
      FileStore store = Files.getFileStore(home.root());
      long free = store.getUsableSpace();
      String what = (free >> 20) + " MiB are free under " + home.root();
      return free < LOW_DISK_BYTES
          ? HealthFinding.warning(what, "make room: volumes stop writing when the disk is full")
          : HealthFinding.good(what);
    } catch (IOException e) {
      return HealthFinding.warning("the disk's free space is unknown: " + e.getMessage(), "df -h");
    }
  }
}
