/** Where a device keeps its files. */
@Export
@Version("1.0.0")
package io.coterie.base.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
