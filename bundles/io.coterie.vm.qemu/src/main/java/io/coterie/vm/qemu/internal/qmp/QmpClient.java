package io.coterie.vm.qemu.internal.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coterie.base.seam.Threads;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of QEMU's machine protocol (docs/interop/qmp-spec): JSON objects, one a line.
 * Thread-safe. Events are handed to the listener on the reading thread, which must not block for
 * long.
 */
public final class QmpClient implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(QmpClient.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_LINE_CHARS = 4 * 1024 * 1024;
  private static final long GREETING_MILLIS = 5_000;

  private final SocketChannel channel;
  private final Listener listener;
  private final AtomicLong lastId = new AtomicLong();
  private final Map<String, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> greeting = new CompletableFuture<>();
  private volatile boolean closed;

  /** Hears what QEMU says by itself. */
  public interface Listener {
    void event(String name, JsonNode data);

    /** The connection ended. */
    void disconnected();
  }

  private QmpClient(SocketChannel channel, Listener listener) {
    this.channel = channel;
    this.listener = listener;
  }

  /** Connects to the socket, negotiates, and returns once commands are accepted. */
  public static QmpClient connect(Path socket, Threads threads, Listener listener)
      throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    QmpClient client = new QmpClient(channel, listener);
    threads.start("qmp", client::readLoop);
    try {
      client.greeting.get(GREETING_MILLIS, TimeUnit.MILLISECONDS);
      client.execute("qmp_capabilities", null, GREETING_MILLIS);
      return client;
    } catch (ExecutionException | TimeoutException e) {
      client.close();
      throw new IOException("QEMU does not greet on " + socket.getFileName(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      client.close();
      throw new IOException("interrupted", e);
    }
  }

  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /**
   * Runs a command and returns its answer.
   *
   * @param arguments may be null
   * @throws QmpException when QEMU refuses it
   */
  public JsonNode execute(String command, ObjectNode arguments, long timeoutMillis)
      throws IOException {
    String id = "c" + lastId.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("execute", command).put("id", id);
    if (arguments != null) {
      message.set("arguments", arguments);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    try {
      if (closed) {
        throw new IOException("QEMU's machine protocol is closed");
      }
      send(JSON.writeValueAsString(message) + "\n");
      return answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof QmpException refused) {
        throw refused;
      }
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("QEMU did not answer " + command + " in " + timeoutMillis + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      waiting.remove(id);
    }
  }

  private synchronized void send(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void readLoop() {
    try (InputStream in = Channels.newInputStream(channel);
        BufferedReader lines =
            new BufferedReader(new java.io.InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.length() > MAX_LINE_CHARS) {
          throw new IOException("a line of " + line.length() + " characters");
        }
        take(JSON.readTree(line));
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("QMP ended: {}", e.toString());
    } finally {
      closed = true;
      IOException gone = new IOException("QEMU closed its machine protocol");
      greeting.completeExceptionally(gone);
      waiting.values().forEach(f -> f.completeExceptionally(gone));
      listener.disconnected();
    }
  }

  private void take(JsonNode message) {
    if (message == null) {
      return;
    }
    if (message.has("QMP")) {
      greeting.complete(null);
    } else if (message.has("event")) {
      listener.event(message.get("event").asText(), message.path("data"));
    } else {
      CompletableFuture<JsonNode> answer = waiting.get(message.path("id").asText());
      if (answer == null) {
        return;
      }
      if (message.has("error")) {
        answer.completeExceptionally(
            new QmpException(message.path("error").path("desc").asText("unknown error")));
      } else {
        answer.complete(message.path("return"));
      }
    }
  }

  public boolean open() {
    return !closed;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    channel.close();
  }
}
