package io.coterie.mesh.api;

/** How urgent the bytes of a stream are. */
public enum StreamClass {
  /** Small messages; sent before any bulk data. */
  RPC,
  /** Everything large; streams of this class share the link in turn. */
  BULK
}
