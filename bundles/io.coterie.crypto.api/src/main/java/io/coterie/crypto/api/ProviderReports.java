package io.coterie.crypto.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a crypto plugin found when it tested its implementations. Registered by each plugin that
 * chooses between several; thread-safe.
 */
@ProviderType
public interface ProviderReports {
  /** One entry for each implementation, the refused ones included. */
  List<ProviderReport> reports();
}
