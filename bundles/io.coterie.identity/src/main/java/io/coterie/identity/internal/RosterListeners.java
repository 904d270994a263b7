package io.coterie.identity.internal;

import io.coterie.mesh.api.PeerListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who hears of changes of the roster. A listener is fetched when there is something to tell: it may
 * itself need the roster. Thread-safe.
 */
final class RosterListeners {
  private static final Logger LOG = LoggerFactory.getLogger(RosterListeners.class);

  private final List<ServiceReference<PeerListener>> all = new CopyOnWriteArrayList<>();

  void add(ServiceReference<PeerListener> reference) {
    all.add(reference);
  }

  void remove(ServiceReference<PeerListener> reference) {
    all.remove(reference);
  }

  /** Tells all of them, on this thread. */
  void tell(Consumer<PeerListener> news) {
    for (ServiceReference<PeerListener> reference : all) {
      PeerListener listener = fetch(reference);
      if (listener != null) {
        try {
          news.accept(listener);
        } catch (RuntimeException e) {
          // What happened has happened: the others hear of it, and the caller goes on.
          LOG.error("COT-0339 a listener to the roster failed", e);
        }
      }
    }
  }

  /** Null when its bundle is gone, or about to go. */
  private static PeerListener fetch(ServiceReference<PeerListener> reference) {
    Bundle bundle = reference.getBundle();
    BundleContext context = bundle == null ? null : bundle.getBundleContext();
    return context == null ? null : context.getService(reference);
  }
}
