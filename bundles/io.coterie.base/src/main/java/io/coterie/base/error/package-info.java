/** Exit codes and the one exception type a user ever reads. */
@Export
@Version("1.0.0")
package io.coterie.base.error;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
