package io.coterie.crypto.api;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Tells which keys a part of the device holds. A service of each part; thread-safe. */
@ConsumerType
public interface KeyReports {
  /** One entry for each key. */
  List<KeyReport> keys();
}
