package io.coterie.mesh.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamHandler;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The services that this device offers to its peers, by name. Thread-safe. */
final class Services {
  private static final Logger LOG = LoggerFactory.getLogger(Services.class);
  private static final long WAIT_MILLIS = 5_000;
  private static final long DRAIN_MILLIS = 2_000;
  private static final long RPC_MILLIS = 30_000;
  private static final int MAX_NAMES = 64;

  private final Map<String, HotRef<StreamHandler>> byName = new ConcurrentHashMap<>();

  private HotRef<StreamHandler> ref(String name) {
    return byName.computeIfAbsent(name, n -> new HotRef<>("'" + n + "' stream", WAIT_MILLIS));
  }

  void bind(String name, StreamHandler handler) {
    if (byName.size() < MAX_NAMES) {
      ref(name).bind(handler);
    }
  }

  void unbind(String name, StreamHandler handler) {
    if (!ref(name).unbind(handler, DRAIN_MILLIS)) {
      LOG.info("streams of service {} are still open and end with it", name);
    }
  }

  /** Serves a stream to its end. On a thread of its own. */
  void serve(Stream stream) {
    if (!byName.containsKey(stream.service())) {
      LOG.warn(
          "COT-0403 {} asked for unknown service {}", stream.peer().shortForm(), stream.service());
      stream.reset();
      return;
    }
    try {
      ref(stream.service())
          .call(
              handler -> {
                handler.handle(stream);
                return null;
              });
      stream.close();
    } catch (IOException | RuntimeException e) {
      LOG.info(
          "stream {} of {} ended: {}", stream.service(), stream.peer().shortForm(), e.getMessage());
      stream.reset();
    }
  }

  /** Lets an RPC handler be served like a stream handler. */
  static StreamHandler adapt(RpcHandler handler) {
    return stream -> {
      byte[] request = RpcCodec.receive(stream, RPC_MILLIS);
      byte[] answer;
      try {
        answer = RpcCodec.answer(handler.answer(stream.peer(), request));
      } catch (CoterieException e) {
        answer = RpcCodec.error(e);
      } catch (IOException | RuntimeException e) {
        LOG.error("COT-0404 service {} failed", stream.service(), e);
        answer =
            RpcCodec.error(
                CoterieException.of(
                    "COT-0404",
                    ExitCode.FAILED,
                    "the other device failed: " + e.getMessage(),
                    "coterie device logs (there)"));
      }
      RpcCodec.send(stream, answer, RPC_MILLIS);
      awaitEnd(stream);
    };
  }

  /**
   * The caller ends the stream when it has the answer; ending it here first would cut the answer
   * off.
   */
  private static void awaitEnd(Stream stream) {
    try {
      while (stream.read(new byte[1], 0, 1, RPC_MILLIS) >= 0) {
        // a well-behaved caller sends nothing more
      }
    } catch (IOException e) {
      LOG.debug("a caller left: {}", e.getMessage());
    }
  }
}
