package io.coterie.volume.internal.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SegmentTableTest {
  @Test
  void behavesLikeASortedMapOverAnyOperations() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      SegmentTable table = new SegmentTable();
      TreeMap<Long, Integer> model = new TreeMap<>();
      for (int step = 0; step < 5000; step++) {
        long id = 1L + random.nextInt(500);
        switch (random.nextInt(4)) {
          case 0 -> {
            table.add(id, (int) id, 5);
            model.putIfAbsent(id, 5);
          }
          case 1 -> {
            table.remove(id);
            model.remove(id);
          }
          case 2 -> {
            table.change(id, 3);
            model.computeIfPresent(id, (k, live) -> live + 3);
          }
          default -> {
            table.empty(id);
            model.computeIfPresent(id, (k, live) -> 0);
          }
        }
        assertEquals(model.containsKey(id), table.contains(id), "seed " + seed);
        assertEquals(model.getOrDefault(id, 0), table.live(id), "seed " + seed);
      }
      assertArrayEquals(model.keySet().stream().mapToLong(Long::longValue).toArray(), table.ids());
      assertEquals(model.values().stream().mapToInt(v -> v).sum(), table.liveGranules());
    }
  }

  @Test
  void aCopyChangesApartAndNumbersAreNeverUsedTwice() {
    SegmentTable table = new SegmentTable();
    table.add(7, 2, 10);
    SegmentTable copy = table.copy();
    copy.change(7, 1);
    assertEquals(10, table.live(7));
    assertEquals(11, copy.live(7));
    assertEquals(2, copy.epoch(7));
    table.remove(7);
    assertEquals(8, table.nextId());
    table.reserveUpTo(20);
    assertEquals(21, table.nextId());
  }
}
