/** Files that are either wholly the old or wholly the new content. */
@Export
@Version("1.0.0")
package io.coterie.base.file;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
