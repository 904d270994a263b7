/** One renderer for every read command: table, JSON and CSV. */
@Export
@Version("1.0.0")
package io.coterie.base.table;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
