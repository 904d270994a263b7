package io.coterie.identity.internal.command;

import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.identity.internal.SealingLoad;
import io.coterie.mesh.api.LocalIdentity;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie identity selftest}. */
@Service
@Command(
    scope = "coterie",
    name = "identity-selftest",
    description =
        "Seals and opens secrets with the device's keys, without a pause, and counts failures",
    detailedDescription = "Example: coterie identity selftest --seconds 10 --threads 2")
public final class IdentitySelftestCommand implements Action {
  private static final int MAX_SECONDS = 3600;
  private static final int MAX_THREADS = 16;

  @Option(name = "--seconds", description = "How long, 1 to 3600")
  int seconds = 1;

  @Option(name = "--threads", description = "How many callers, 1 to 16")
  int threads = 2;

  @Reference LocalIdentity identity;

  @Override
  public Object execute() throws Exception {
    SealingLoad load = new SealingLoad(identity, new SystemEntropy(), new SystemClock());
    SealingLoad.Result result =
        load.run(
            new SystemThreads(),
            Math.max(1, Math.min(threads, MAX_THREADS)),
            Math.max(1, Math.min(seconds, MAX_SECONDS)) * 1000L);
    System.out.println(
        "calls="
            + result.calls()
            + " failures="
            + result.failures()
            + " longest_ms="
            + result.longestMillis());
    return result.failures() == 0 ? null : ExitCode.FAILED.code();
  }
}
