/**
 * Time, randomness and threads as interfaces, so that one seeded simulator can drive production
 * classes.
 */
@Export
@Version("1.0.0")
package io.coterie.base.seam;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
