/** Encrypted volumes, the right to write them, and block access. */
@Export
@Version("1.3.0")
package io.coterie.volume.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
