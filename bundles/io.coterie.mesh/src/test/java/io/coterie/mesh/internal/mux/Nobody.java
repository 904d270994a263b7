package io.coterie.mesh.internal.mux;

import io.coterie.mesh.api.Stream;

/** An owner of links whom nothing interests. */
final class Nobody implements Link.Owner {
  @Override
  public void opened(Stream stream) {}

  @Override
  public void broken(Link link) {}

  @Override
  public void closed(Link link) {}
}
