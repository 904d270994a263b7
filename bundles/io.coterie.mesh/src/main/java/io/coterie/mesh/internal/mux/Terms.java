package io.coterie.mesh.internal.mux;

import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;

/**
 * What both ends of a connection agreed on.
 *
 * @param peerSessionSeconds when the peer's session certificate was issued, since 1970
 */
public record Terms(Suite suite, LinkCipher cipher, long peerSessionSeconds) {}
