package io.coterie.mesh.internal;

import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** How long a small question takes while four bulk streams fill the same link. */
final class RpcUnderLoad {
  private static final int STREAMS = 4;
  private static final int QUESTION_BYTES = 64;
  private static final long WAIT_MILLIS = 20_000;

  private final LinkService mesh;
  private final DeviceId server;

  RpcUnderLoad(LinkService mesh, DeviceId server) {
    this.mesh = mesh;
    this.server = server;
  }

  /** Milliseconds that 99 of 100 answers did not exceed. */
  double p99Millis(long forMillis) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> bulk = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      bulk.add(new Thread(() -> fill(over)));
    }
    bulk.forEach(Thread::start);
    List<Long> nanos = new ArrayList<>();
    byte[] question = new byte[QUESTION_BYTES];
    byte[] answer = new byte[QUESTION_BYTES];
    try (Stream stream = mesh.open(server, "echo", StreamClass.RPC, WAIT_MILLIS)) {
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < forMillis * 1_000_000) {
        long asked = System.nanoTime();
        stream.write(question, 0, question.length, WAIT_MILLIS);
        for (int n = 0; n < answer.length; ) {
          n += stream.read(answer, n, answer.length - n, WAIT_MILLIS);
        }
        nanos.add(System.nanoTime() - asked);
      }
    } finally {
      over.set(true);
      for (Thread thread : bulk) {
        thread.join();
      }
    }
    Collections.sort(nanos);
    return nanos.get(nanos.size() * 99 / 100) / 1e6;
  }

  private void fill(AtomicBoolean over) {
    byte[] chunk = new byte[64 * 1024];
    try (Stream stream = mesh.open(server, "sink", StreamClass.BULK, WAIT_MILLIS)) {
      while (!over.get()) {
        stream.write(chunk, 0, chunk.length, WAIT_MILLIS);
      }
    } catch (IOException e) {
      over.set(true);
      throw new java.io.UncheckedIOException(e);
    }
  }
}
