/** Names that users give to things. */
@Export
@Version("1.0.0")
package io.coterie.base.name;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
