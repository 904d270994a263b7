package io.coterie.volume.internal.map;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Segment;
import io.coterie.volume.internal.log.UnitCipher;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Fetches single blocks of metadata from the log and opens them. Thread-safe. */
public final class NodeReader {
  private static final int MAX_IDLE_WORKERS = 4;

  private final Aead aead;
  private final OpenSegments segments;
  private final Queue<Worker> idle = new ConcurrentLinkedQueue<>();

  public NodeReader(Aead aead, OpenSegments segments) {
    this.aead = aead;
    this.segments = segments;
  }

  private static final class Worker {
    final UnitCipher cipher;
    final ByteBuffer direct = ByteBuffer.allocateDirect(Sizes.BLOCK);
    final byte[] sealed = new byte[Sizes.BLOCK];
    final byte[] clear = new byte[Sizes.BLOCK];

    Worker(Aead aead) {
      cipher = new UnitCipher(aead);
    }
  }

  /**
   * The node that a pointer stands for.
   *
   * @param pointer an array that holds it from {@code at} on
   * @throws DamagedBlockException when it is not what the pointer says; names its blocks
   */
  long[] node(long address, long[] pointer, int at) throws IOException {
    Worker worker = take();
    try {
      open(worker, Descriptor.NODE, address, pointer[at], pointer[at + 2], pointer[at + 3]);
      return MapNode.decode(worker.clear);
    } catch (DamagedBlockException e) {
      int level = NodeAddress.levelOf(address);
      long span = Sizes.LEAF_ENTRIES;
      for (int i = 0; i < level; i++) {
        span *= Sizes.FANOUT;
      }
      long first = NodeAddress.indexOf(address) * span;
      throw new DamagedBlockException(
          "the map of blocks " + first + " to " + (first + span - 1) + ": " + e.getMessage());
    } finally {
      giveBack(worker);
    }
  }

  /** A block of another kind, as a copy. */
  public byte[] block(int kind, long address, long location, long tagHigh, long tagLow)
      throws IOException {
    Worker worker = take();
    try {
      open(worker, kind, address, location, tagHigh, tagLow);
      return worker.clear.clone();
    } finally {
      giveBack(worker);
    }
  }

  private Worker take() {
    Worker worker = idle.poll();
    return worker == null ? new Worker(aead) : worker;
  }

  private void giveBack(Worker worker) {
    if (idle.size() < MAX_IDLE_WORKERS) {
      idle.add(worker);
    }
  }

  private void open(Worker worker, int kind, long address, long location, long tagHigh, long tagLow)
      throws IOException {
    Segment segment = segments.acquire(Location.segmentOf(location));
    try {
      worker.direct.clear();
      segment.read(worker.direct, (long) Location.granuleOf(location) * Sizes.GRANULE);
      worker.direct.flip().get(worker.sealed);
      worker.cipher.openBlock(
          segment, location, kind, address, tagHigh, tagLow, worker.sealed, 0, worker.clear, 0);
    } catch (AuthenticationFailedException e) {
      throw new DamagedBlockException(
          segment.name()
              + " block "
              + Location.granuleOf(location) / Sizes.BLOCK_GRANULES
              + " fails its authentication");
    } catch (EOFException e) {
      throw new DamagedBlockException(e.getMessage());
    } finally {
      segments.release(segment);
    }
  }
}
