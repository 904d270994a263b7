/** Devices, the peers they trust, secure links between them and the streams inside. */
@Export
@Version("1.0.0")
package io.coterie.mesh.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
