package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.AeadContext;
import java.security.GeneralSecurityException;

/** One implementation of an AEAD. */
interface AeadSource {
  /** For people. */
  String name();

  AeadContext newContext() throws GeneralSecurityException;
}
