package io.coterie.base.hot;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds a service that may be exchanged while callers use it, so that no call is lost.
 *
 * <p>A component binds it from an OPTIONAL/DYNAMIC/GREEDY reference: {@link #bind} in the bind
 * method, {@link #unbind} in the unbind method. {@code unbind} returns only when no call is in
 * flight on that service, or when its deadline is over. The newest binding serves; when it goes,
 * the one before it returns. Callers wait for a bounded time while there is none. Thread-safe. A
 * call must not bind or unbind the same reference.
 *
 * @param <T> the service type
 */
public final class HotRef<T> {
  private final String serviceName;
  private final long waitMillis;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Binding<T>> bindings = new ArrayList<>();
  private volatile Binding<T> current;

  /**
   * Makes an empty reference.
   *
   * @param serviceName named in the error when the service is missing, for instance {@code "KEM"}
   * @param waitMillis how long a caller waits for a service at most
   */
  public HotRef(String serviceName, long waitMillis) {
    this.serviceName = serviceName;
    this.waitMillis = waitMillis;
  }

  /** Puts a service in charge. */
  public void bind(T service) {
    lock.lock();
    try {
      Binding<T> binding = new Binding<>(service);
      bindings.add(binding);
      current = binding;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a service out and waits until no call uses it.
   *
   * @return false when calls were still in flight after {@code drainMillis}
   */
  public boolean unbind(T service, long drainMillis) {
    Binding<T> leaving = null;
    lock.lock();
    try {
      for (Binding<T> binding : bindings) {
        if (binding.service == service) {
          leaving = binding;
        }
      }
      if (leaving == null) {
        return true;
      }
      bindings.remove(leaving);
      current = bindings.isEmpty() ? null : bindings.get(bindings.size() - 1);
      long leftNanos = TimeUnit.MILLISECONDS.toNanos(drainMillis);
      leaving.close();
      while (leaving.busy()) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = awaitUninterruptibly(Math.min(leftNanos, 1_000_000), leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private long awaitUninterruptibly(long sliceNanos, long leftNanos) {
    try {
      long unused = changed.awaitNanos(sliceNanos);
      return leftNanos - (sliceNanos - Math.max(0, unused));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** True when a call would find a service now. */
  public boolean available() {
    return current != null;
  }

  /** Runs one call on the service in charge. */
  public <R, E extends Exception> R call(Call<T, R, E> body) throws E {
    try (Lease<T> lease = acquire()) {
      return body.run(lease.service());
    }
  }

  /**
   * Takes the service for several calls in a row (inner loops take one lease a batch). Close it
   * soon: an exchange waits for it.
   */
  public Lease<T> acquire() {
    Binding<T> binding = current;
    while (binding == null || !binding.enter()) {
      binding = awaitBinding();
    }
    return new Lease<>(binding);
  }

  private Binding<T> awaitBinding() {
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(waitMillis);
    lock.lock();
    try {
      while (current == null) {
        if (leftNanos <= 0) {
          throw missing();
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return current;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw missing();
    } finally {
      lock.unlock();
    }
  }

  private CoterieException missing() {
    return CoterieException.of(
        "COT-0002",
        ExitCode.FAILED,
        "no " + serviceName + " service is installed (waited " + waitMillis + " ms)",
        "coterie feature list");
  }

  /** A call on the service. */
  @FunctionalInterface
  public interface Call<T, R, E extends Exception> {
    R run(T service) throws E;
  }

  /** The right to use a service until it is closed. Not to be shared between threads. */
  public static final class Lease<T> implements AutoCloseable {
    private Binding<T> binding;

    private Lease(Binding<T> binding) {
      this.binding = binding;
    }

    public T service() {
      return binding.service;
    }

    @Override
    public void close() {
      if (binding != null) {
        binding.exit();
        binding = null;
      }
    }
  }

  private static final class Binding<T> {
    final T service;
    private final java.util.concurrent.atomic.AtomicInteger inFlight =
        new java.util.concurrent.atomic.AtomicInteger();
    private volatile boolean closed;

    Binding(T service) {
      this.service = service;
    }

    /** Counts first and checks afterwards, so that a closing drain never misses a caller. */
    boolean enter() {
      inFlight.incrementAndGet();
      if (closed) {
        inFlight.decrementAndGet();
        return false;
      }
      return true;
    }

    void exit() {
      inFlight.decrementAndGet();
    }

    void close() {
      closed = true;
    }

    boolean busy() {
      return inFlight.get() > 0;
    }
  }
}
