/** What moves bytes between two devices, without trust: the mesh puts security on top. */
@Export
@Version("1.0.0")
package io.coterie.transport.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
