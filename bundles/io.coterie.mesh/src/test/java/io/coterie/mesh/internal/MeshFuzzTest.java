package io.coterie.mesh.internal;

import io.coterie.mesh.internal.mux.LinkFuzz;
import io.coterie.mesh.internal.tls.ClientHelloFuzz;
import io.coterie.testkit.Mutations;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A slice of the fuzzing campaign. */
@Tag("S0-8.11")
class MeshFuzzTest {
  private static final int ROUNDS = Integer.getInteger("coterie.fuzz", 20_000);

  @TempDir Path scratch;

  /** The seed is what a device of ours really sends. */
  @Test
  void aStrangersFirstRecordIsRefusedWithAWordOrIsAnOffer() throws Exception {
    byte[] hello = hello();
    new Mutations(21)
        .run(ClientHelloFuzz.class, List.of(hello), ROUNDS, ClientHelloFuzz::fuzzerTestOneInput);
  }

  private byte[] hello() throws Exception {
    try (ServerSocket door = new ServerSocket(0);
        TestDevice a = new TestDevice("a", Files.createDirectory(scratch.resolve("a")))) {
      a.peers.list.add(
          TestDevice.peer(TestIdentities.make("b"), "tcp://127.0.0.1:" + door.getLocalPort()));
      Thread dialling =
          new Thread(
              () -> {
                try {
                  a.mesh.call(a.peers.list.get(0).id(), "x", new byte[0], 2_000);
                } catch (java.io.IOException e) {
                  // nobody answers
                }
              });
      dialling.start();
      try (Socket socket = door.accept()) {
        InputStream in = socket.getInputStream();
        byte[] head = in.readNBytes(5);
        byte[] body = in.readNBytes(((head[3] & 0xff) << 8) | (head[4] & 0xff));
        return ByteBuffer.allocate(5 + body.length).put(head).put(body).array();
      } finally {
        dialling.join();
      }
    }
  }

  private static byte[] frame(int type, int stream, int value, int length) {
    return ByteBuffer.allocate(12 + length)
        .put((byte) type)
        .put((byte) 0)
        .putShort((short) length)
        .putInt(stream)
        .putInt(value)
        .array();
  }

  @Test
  void framesAreTakenOrRefusedAsMalformed() {
    ByteBuffer good = ByteBuffer.allocate(4096);
    good.put(frame(2, 2, 0, 4)).put(frame(4, 2, 0, 100)).put(frame(3, 1, 0, 0));
    good.put(frame(5, 1, 1000, 0)).put(frame(8, 0, 0, 8)).put(frame(11, 0, 0, 8));
    good.put(frame(4, 1, 0, 30)).put(frame(6, 2, 0, 0)).put(frame(7, 1, 0, 0));
    good.put(frame(2, 4, 0, 1)).put(frame(10, 0, 0, 0)).put(frame(12, 0, 0, 0));
    byte[] seed = new byte[good.position()];
    good.get(0, seed);
    new Mutations(22).run(LinkFuzz.class, List.of(seed), ROUNDS, LinkFuzz::fuzzerTestOneInput);
  }
}
