/** Bounded binary encoding and key derivation. */
@Export
@Version("1.0.0")
package io.coterie.base.codec;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
