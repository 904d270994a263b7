/**
 * Algorithms as services: KEM, AEAD, signature, session certificate. Plugins implement them;
 * callers take them by a HotRef.
 */
@Export
@Version("1.0.0")
package io.coterie.crypto.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
