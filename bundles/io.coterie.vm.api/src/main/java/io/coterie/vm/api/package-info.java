/** Virtual machines. */
@Export
@Version("1.0.0")
package io.coterie.vm.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
