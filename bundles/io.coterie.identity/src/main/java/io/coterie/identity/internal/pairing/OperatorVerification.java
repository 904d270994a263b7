package io.coterie.identity.internal.pairing;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.mesh.api.PairingRequest;
import io.coterie.mesh.api.UserVerification;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Component;

/** The operator decides at a console, by {@code invite} itself or by {@code pairing confirm}. */
@Component(service = {UserVerification.class, OperatorVerification.class})
public final class OperatorVerification implements UserVerification {
  private final Clock clock = new SystemClock();
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();

  private static final class Waiting {
    private final PairingRequest request;
    private Boolean decision;

    Waiting(PairingRequest request) {
      this.request = request;
    }
  }

  @Override
  public boolean confirm(PairingRequest request, long timeoutMillis) throws InterruptedException {
    Waiting mine = new Waiting(request);
    synchronized (this) {
      waiting.put(request.id(), mine);
      notifyAll();
      try {
        long left = timeoutMillis;
        long until = clock.monotonicMillis() + timeoutMillis;
        while (mine.decision == null && left > 0) {
          wait(left);
          left = until - clock.monotonicMillis();
        }
      } finally {
        waiting.remove(request.id());
      }
      return Boolean.TRUE.equals(mine.decision);
    }
  }

  /** Who waits for a decision. */
  public synchronized List<PairingRequest> requests() {
    List<PairingRequest> all = new ArrayList<>();
    waiting.values().stream().filter(w -> w.decision == null).forEach(w -> all.add(w.request));
    return all;
  }

  /** The operator's word. */
  public synchronized void decide(String id, boolean yes) {
    Waiting request = waiting.get(id);
    if (request == null || request.decision != null) {
      throw CoterieException.of(
          "COT-0328",
          ExitCode.NOT_FOUND,
          "no device waits for a decision under '" + id + "'",
          "coterie pairing list");
    }
    request.decision = yes;
    notifyAll();
  }
}
