package io.coterie.identity.internal;

import io.coterie.crypto.api.KeyVault;
import java.util.Optional;

/**
 * Outlives a device's restart in a test; what a vault does with its content is tested elsewhere.
 */
final class PlainVault implements KeyVault {
  private Content content;

  @Override
  public Optional<Content> load() {
    return Optional.ofNullable(content).map(PlainVault::copy);
  }

  @Override
  public void store(Content changed) {
    content = copy(changed);
  }

  private static Content copy(Content from) {
    return new Content(from.publicPart().clone(), from.secrets().clone());
  }
}
