package io.coterie.ops.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Writes down what concerns the security of this device, so that it can be read afterwards: who was
 * let in, turned away or put out. Thread-safe; does not throw and does not block for long.
 */
@ProviderType
public interface Audit {
  /**
   * Writes one entry.
   *
   * @param event a short word with hyphens, for instance {@code device-refused}
   * @param subject whom or what it is about; may come from a stranger
   * @param detail the rest, in words, no secrets; may come from a stranger
   */
  void record(String event, String subject, String detail);
}
