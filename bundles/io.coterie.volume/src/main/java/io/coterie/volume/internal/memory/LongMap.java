package io.coterie.volume.internal.memory;

import java.util.function.Consumer;

/**
 * Values by number, without an object for each number: open addressing with linear probing (Knuth,
 * The Art of Computer Programming 3, section 6.4, algorithms L and R). Not thread-safe.
 *
 * @param <V> of the values; never null
 */
public final class LongMap<V> {
  private static final int SMALLEST = 16;

  private long[] keys = new long[SMALLEST];
  private Object[] values = new Object[SMALLEST];
  private int size;
  private int hand;

  public int size() {
    return size;
  }

  private int slotOf(long key) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32) & (keys.length - 1);
  }

  /** The place of the key, or of the gap where it would be put. */
  private int find(long key) {
    int at = slotOf(key);
    while (values[at] != null && keys[at] != key) {
      at = (at + 1) & (keys.length - 1);
    }
    return at;
  }

  /** The value, or null. */
  @SuppressWarnings("unchecked")
  public V get(long key) {
    return (V) values[find(key)];
  }

  /** Sets a value, and returns the one before or null. */
  @SuppressWarnings("unchecked")
  public V put(long key, V value) {
    int at = find(key);
    Object before = values[at];
    keys[at] = key;
    values[at] = value;
    if (before == null && ++size * 3 > keys.length * 2) {
      grow();
    }
    return (V) before;
  }

  private void grow() {
    long[] oldKeys = keys;
    Object[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new Object[oldKeys.length * 2];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != null) {
        int at = find(oldKeys[i]);
        keys[at] = oldKeys[i];
        values[at] = oldValues[i];
      }
    }
  }

  /** Takes a value away and returns it, or null. */
  @SuppressWarnings("unchecked")
  public V remove(long key) {
    int at = find(key);
    Object before = values[at];
    if (before != null) {
      close(at);
    }
    return (V) before;
  }

  /** Moves those behind a gap up that would not be found any more. */
  private void close(int gap) {
    size--;
    int empty = gap;
    int at = gap;
    while (true) {
      values[empty] = null;
      do {
        at = (at + 1) & (keys.length - 1);
        if (values[at] == null) {
          return;
        }
      } while (between(empty, slotOf(keys[at]), at));
      keys[empty] = keys[at];
      values[empty] = values[at];
      empty = at;
    }
  }

  /** Whether {@code home} lies cyclically behind {@code empty} and not behind {@code at}. */
  private static boolean between(int empty, int home, int at) {
    return empty <= at ? empty < home && home <= at : empty < home || home <= at;
  }

  /** Calls for every value; the map must not change meanwhile. */
  @SuppressWarnings("unchecked")
  public void forEach(Consumer<V> action) {
    for (Object value : values) {
      if (value != null) {
        action.accept((V) value);
      }
    }
  }

  /** One value after the other, round and round, for a clock that looks for one to put out. */
  @SuppressWarnings("unchecked")
  public V next() {
    if (size == 0) {
      return null;
    }
    do {
      hand = (hand + 1) & (keys.length - 1);
    } while (values[hand] == null);
    return (V) values[hand];
  }

  public void clear() {
    keys = new long[SMALLEST];
    values = new Object[SMALLEST];
    size = 0;
  }
}
