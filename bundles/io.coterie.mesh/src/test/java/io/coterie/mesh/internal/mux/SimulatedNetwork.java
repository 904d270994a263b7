package io.coterie.mesh.internal.mux;

import io.coterie.base.seam.Clock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * Two sides and the channels between them, moved on by single steps in an order that a seed
 * decides. Nothing here waits: time is a counter, a thread is a queue of tasks.
 */
final class SimulatedNetwork implements Clock {
  private static final int HIGH_WATER_BYTES = 64 * 1024;

  private final Random random;
  private final List<Deque<Runnable>> threads = List.of(new ArrayDeque<>(), new ArrayDeque<>());
  private final List<End> ends = new ArrayList<>();
  private long nowNanos;

  SimulatedNetwork(Random random) {
    this.random = random;
  }

  @Override
  public long monotonicNanos() {
    return nowNanos;
  }

  @Override
  public long wallMillis() {
    return nowNanos / 1_000_000;
  }

  /** One end of a channel. */
  final class End implements SecureChannel {
    private final int side;
    private final FrameDecoder decoder = new FrameDecoder();
    private final Deque<ByteBuffer> arriving = new ArrayDeque<>();
    private End other;
    private Link link;
    private boolean held;
    private boolean closed;
    private boolean dying;

    End(int side) {
      this.side = side;
    }

    void attach(Link owner) {
      link = owner;
    }

    @Override
    public void send(ByteBuffer record) throws IOException {
      if (record.remaining() > Frame.MAX_BYTES) {
        throw new IOException("a record of " + record.remaining() + " bytes");
      }
      if (!closed && !dying) {
        ByteBuffer copy = ByteBuffer.allocate(record.remaining());
        other.arriving.add(copy.put(record).flip());
      }
    }

    @Override
    public void flush() {
      // sent at once
    }

    @Override
    public boolean isWritable() {
      return other.arriving.stream().mapToInt(ByteBuffer::remaining).sum() < HIGH_WATER_BYTES;
    }

    @Override
    public void hold() {
      held = true;
    }

    @Override
    public void release() {
      held = false;
    }

    @Override
    public Executor eventThread() {
      return threads.get(side)::add;
    }

    @Override
    public String transport() {
      return "simulated";
    }

    @Override
    public String remote() {
      return "simulated";
    }

    @Override
    public void close() {
      // As the real one: on its own thread, so that frames may still come in before.
      threads
          .get(side)
          .add(
              () -> {
                closed = true; // what was sent before still arrives
                arriving.clear();
                other.dying = true;
              });
    }

    /** Both ends are cut off; of what is on its way a part still arrives. */
    void kill() {
      for (End end : List.of(this, other)) {
        end.dying = true;
        for (int lost = random.nextInt(end.arriving.size() + 1); lost > 0; lost--) {
          end.arriving.removeLast();
        }
      }
    }

    boolean ready() {
      return link != null && !closed && !held && !arriving.isEmpty();
    }

    /** Its end is still to be told. */
    boolean lost() {
      return link != null && !closed && dying && (held || arriving.isEmpty());
    }

    void tellLoss() {
      closed = true;
      arriving.clear();
      link.connectionClosed(this, new IOException("reset"));
    }

    void deliver() throws IOException {
      boolean full = !other.isWritable();
      decoder.decode(arriving.remove(), frame -> link.received(this, frame));
      if (full && other.isWritable() && other.link != null) {
        other.link.writable();
      }
    }
  }

  /** A fresh channel; its ends deliver nothing before they are attached. */
  End[] channel() {
    End[] pair = {new End(0), new End(1)};
    pair[0].other = pair[1];
    pair[1].other = pair[0];
    ends.addAll(List.of(pair));
    return pair;
  }

  /** One task or one delivery; false when nothing is left to do. */
  boolean step() {
    nowNanos += 1_000 + random.nextInt(100_000);
    List<Runnable> possible = new ArrayList<>();
    for (Deque<Runnable> thread : threads) {
      if (!thread.isEmpty()) {
        possible.add(() -> thread.remove().run());
      }
    }
    for (End end : ends) {
      if (end.ready()) {
        possible.add(() -> deliver(end));
      }
      if (end.lost()) {
        possible.add(end::tellLoss);
      }
    }
    if (possible.isEmpty()) {
      return false;
    }
    possible.get(random.nextInt(possible.size())).run();
    return true;
  }

  private static void deliver(End end) {
    try {
      end.deliver();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
