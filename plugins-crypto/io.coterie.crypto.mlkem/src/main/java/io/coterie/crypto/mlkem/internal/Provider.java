package io.coterie.crypto.mlkem.internal;

import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** Names this plugin with its version, so that a swap can be seen. */
final class Provider {
  private Provider() {}

  static String name() {
    Bundle bundle = FrameworkUtil.getBundle(Provider.class);
    return "Bouncy Castle, plugin " + (bundle == null ? "unbundled" : bundle.getVersion());
  }
}
