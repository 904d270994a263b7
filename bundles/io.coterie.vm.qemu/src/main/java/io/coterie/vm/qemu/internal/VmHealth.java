package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmState;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether machines can run here and those that should, do. */
@Component(service = HealthCheck.class)
public final class VmHealth implements HealthCheck {
  private final QemuVmService machines;

  @Activate
  public VmHealth(@Reference QemuVmService machines) {
    this.machines = machines;
  }

  @Override
  public String area() {
    return "vm";
  }

  @Override
  public List<HealthFinding> check() {
    List<HealthFinding> findings = new ArrayList<>();
    try {
      KvmProbe.Finding probe = machines.probe();
      findings.add(
          probe.kvm()
              ? HealthFinding.good("guests run under KVM")
              : HealthFinding.warning(
                  "guests run under TCG, slowly: " + probe.why(), "a machine with working KVM"));
    } catch (CoterieException e) {
      findings.add(HealthFinding.critical(e.what(), e.next()));
    }
    for (VmInfo vm : machines.list()) {
      if (vm.state() == VmState.CRASHED) {
        findings.add(
            HealthFinding.critical(
                vm.name() + ": its process ended unexpectedly", "coterie vm start " + vm.name()));
      } else if (vm.state() == VmState.IO_ERROR) {
        findings.add(
            HealthFinding.critical(
                vm.name() + " waits for its volume", "coterie status on the volume's device"));
      } else if (vm.state() == VmState.DAMAGED) {
        findings.add(
            HealthFinding.critical(
                vm.name() + ": " + vm.note(), "put back its vm.json, or remove its directory"));
      } else if (vm.note() != null) {
        findings.add(
            HealthFinding.warning(vm.name() + ": " + vm.note(), "coterie vm info " + vm.name()));
      }
    }
    return findings;
  }
}
