package io.coterie.crypto.internal;

import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.crypto.api.ProviderReport;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether every implementation that is installed is sound. */
@Component
public final class CryptoHealth implements HealthCheck {
  private final Algorithms algorithms;

  @Activate
  public CryptoHealth(@Reference Algorithms algorithms) {
    this.algorithms = algorithms;
  }

  @Override
  public String area() {
    return "crypto";
  }

  @Override
  public List<HealthFinding> check() {
    List<HealthFinding> findings = new ArrayList<>();
    long serving = algorithms.all().stream().filter(Algorithms.Implementation::serves).count();
    findings.add(
        HealthFinding.good(
            serving
                + " algorithms, "
                + ProcessorFeatures.ofThisMachine().count()
                + " of 4 processor features"));
    for (ProviderReport refused : algorithms.refused()) {
      findings.add(
          HealthFinding.warning(
              refused.algorithm()
                  + " by "
                  + refused.provider()
                  + " failed its self-test and is not used: "
                  + refused.detail(),
              "coterie crypto list"));
    }
    return findings;
  }
}
