package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.TreeDifference;
import io.coterie.volume.internal.map.TreeReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts anew what is live in each segment, from the trees themselves. A unit is in every tree from
 * the one in which it was born to the last that has it, so it is counted with the tree that has it
 * while the next newer one has not.
 */
final class LiveAudit {
  private final TreeReader reader;
  private final SegmentTable counted = new SegmentTable();

  LiveAudit(TreeReader reader) {
    this.reader = reader;
  }

  /**
   * Compares.
   *
   * @param kept the counts as they are kept
   * @param top of the volume's own tree, of the same checkpoint
   * @return in words where they differ
   */
  List<String> differences(SegmentTable kept, Catalogue snapshots, TreeTop top) throws IOException {
    for (long id : kept.ids()) {
      counted.add(id, 0, 0);
    }
    count(top, new TreeTop(top.level(), new long[Sizes.POINTER_LONGS]), 0);
    for (SnapshotEntry s : snapshots.entries()) {
      TreeTop newer = snapshots.after(s).map(SnapshotEntry::top).orElse(top);
      count(s.top(), newer, s.cursor());
    }
    List<String> found = new ArrayList<>();
    for (long id : kept.ids()) {
      if (kept.live(id) != counted.live(id)) {
        found.add(
            "segment "
                + id
                + ": "
                + kept.live(id)
                + " granules are kept as live, "
                + counted.live(id)
                + " are");
      }
    }
    return found;
  }

  private void count(TreeTop mine, TreeTop newer, long fromLeaf) throws IOException {
    TreeDifference.Visitor counting =
        new TreeDifference.Visitor() {
          @Override
          public void entry(long lba, long[] words, int at, boolean otherHasData) {
            counted.change(Location.segmentOf(words[at]), Extent.shareOf(words[at + 1]));
          }

          @Override
          public void node(long address, long[] pointer, int at) {
            counted.change(Location.segmentOf(pointer[at]), Extent.granulesOf(pointer[at + 1]));
          }
        };
    new TreeDifference(reader, fromLeaf, 0, false, counting).walk(mine, newer);
  }
}
