/** References to services that may be exchanged while calls are in flight. */
@Export
@Version("1.0.0")
package io.coterie.base.hot;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
