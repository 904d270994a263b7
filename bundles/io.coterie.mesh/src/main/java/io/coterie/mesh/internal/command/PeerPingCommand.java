package io.coterie.mesh.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.Peers;
import io.coterie.mesh.internal.LinkService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie peer ping}. */
@Service
@Command(
    scope = "coterie",
    name = "peer-ping",
    description = "Calls a peer over its link again and again, and says how long answers took",
    detailedDescription = "Example: coterie peer ping laptop --seconds 10")
public final class PeerPingCommand implements Action {
  private static final int MAX_SECONDS = 3600;
  private static final int MAX_SAMPLES = 1_000_000;
  private static final long CALL_MILLIS = 10_000;
  private static final long PAUSE_MILLIS = 10;
  private static final byte[] REQUEST = new byte[64];

  @Argument(name = "peer", description = "The peer's name", required = true)
  String peer;

  @Option(name = "--seconds", description = "For how long, 1 to 3600")
  int seconds = 3;

  @Reference MeshService mesh;
  @Reference Peers peers;

  @Override
  public Object execute() throws InterruptedException {
    if (seconds < 1 || seconds > MAX_SECONDS) {
      throw CoterieException.of(
          "COT-0415", ExitCode.USAGE, seconds + " seconds", "coterie peer ping NAME --seconds 3");
    }
    DeviceId to = peers.named(peer).id();
    Clock clock = new SystemClock();
    long end = clock.monotonicMillis() + seconds * 1000L;
    List<Long> micros = new ArrayList<>();
    long failures = 0;
    String last = "";
    while (clock.monotonicMillis() < end && micros.size() < MAX_SAMPLES) {
      long began = clock.monotonicNanos();
      try {
        mesh.call(to, LinkService.PING, REQUEST, CALL_MILLIS);
        micros.add((clock.monotonicNanos() - began) / 1000);
      } catch (IOException | CoterieException e) {
        failures++;
        last = String.valueOf(e.getMessage());
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    Collections.sort(micros);
    System.out.println(
        "calls="
            + (micros.size() + failures)
            + " failures="
            + failures
            + " p50_us="
            + at(micros, 50)
            + " p99_us="
            + at(micros, 99)
            + " max_us="
            + at(micros, 100));
    if (failures > 0) {
      throw CoterieException.of(
          "COT-0416",
          ExitCode.FAILED,
          failures + " calls of " + peer + " failed, the last: " + last,
          "coterie link list");
    }
    return null;
  }

  private static long at(List<Long> sorted, int percent) {
    return sorted.isEmpty()
        ? -1
        : sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
  }
}
