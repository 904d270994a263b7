package io.coterie.volume.internal.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LongMapTest {
  @Test
  void behavesLikeAMapOfTheLibraryOverAnyOperations() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      LongMap<String> map = new LongMap<>();
      Map<Long, String> model = new HashMap<>();
      int range = 1 + random.nextInt(3000);
      for (int step = 0; step < 20_000; step++) {
        long key = random.nextInt(range) * 64L - 500;
        if (random.nextInt(3) > 0) {
          String value = "v" + step;
          assertEquals(model.put(key, value), map.put(key, value), "seed " + seed);
        } else {
          assertEquals(model.remove(key), map.remove(key), "seed " + seed);
        }
        assertEquals(model.size(), map.size());
        long asked = random.nextInt(range) * 64L - 500;
        assertEquals(model.get(asked), map.get(asked), "seed " + seed);
      }
      Set<String> all = new HashSet<>();
      map.forEach(all::add);
      assertEquals(new HashSet<>(model.values()), all);
    }
  }

  @Test
  void theClockComesRoundToEveryValue() {
    LongMap<Long> map = new LongMap<>();
    assertNull(map.next());
    Set<Long> expected = new HashSet<>();
    for (long key = 0; key < 100; key++) {
      map.put(key * 7919, key);
      expected.add(key);
    }
    Set<Long> met = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      met.add(map.next());
    }
    assertEquals(expected, met);
    map.clear();
    assertTrue(map.size() == 0 && map.next() == null);
  }
}
