package io.coterie.ops.api;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** A service by which a capability says how it is. Each capability ships its own. */
@ConsumerType
public interface HealthCheck {
  /** The capability's name, for instance {@code "volume"}. */
  String area();

  /** Looks and answers within a second; an empty list counts as one good finding. */
  List<HealthFinding> check();
}
