/** Operations, health: what a device is doing and how it is. */
@Export
@Version("1.0.0")
package io.coterie.ops.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
