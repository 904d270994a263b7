/** Asking whoever called a command. */
@Export
@Version("1.1.0")
package io.coterie.base.prompt;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
