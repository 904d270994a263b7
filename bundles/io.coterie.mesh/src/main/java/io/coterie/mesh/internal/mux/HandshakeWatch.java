package io.coterie.mesh.internal.mux;

/** Who minds incoming handshakes. Called on the connection's event thread. */
public interface HandshakeWatch {
  /** An incoming connection ended before it belonged to a link. */
  void refused(String remote, Throwable reason);

  /** An incoming connection ended. */
  void handshakeOver(Handshaker handshaker);
}
