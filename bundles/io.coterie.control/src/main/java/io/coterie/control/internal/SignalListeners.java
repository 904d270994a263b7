package io.coterie.control.internal;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.apache.karaf.shell.api.console.Signal;
import org.apache.karaf.shell.api.console.SignalListener;

/** Who wants to hear of the signals of a terminal. Thread-safe. */
final class SignalListeners {
  private final Map<Signal, Set<SignalListener>> listeners = new EnumMap<>(Signal.class);

  synchronized void add(SignalListener listener, EnumSet<Signal> signals) {
    for (Signal signal : signals) {
      listeners.computeIfAbsent(signal, s -> new CopyOnWriteArraySet<>()).add(listener);
    }
  }

  synchronized void remove(SignalListener listener) {
    listeners.values().forEach(set -> set.remove(listener));
  }

  void raise(Signal signal) {
    Set<SignalListener> interested;
    synchronized (this) {
      interested = listeners.getOrDefault(signal, Set.of());
    }
    interested.forEach(listener -> listener.signal(signal));
  }
}
