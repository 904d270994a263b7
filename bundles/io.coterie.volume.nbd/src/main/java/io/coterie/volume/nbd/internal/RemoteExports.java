package io.coterie.volume.nbd.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A local socket whose clients are carried to another device, a mesh stream each, byte for byte.
 */
final class RemoteExports implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteExports.class);
  private static final long OPEN_MILLIS = 10_000;
  private static final int BUFFER_BYTES = 128 * 1024;

  private final Path path;
  private final DeviceId device;
  private final HotRef<MeshService> mesh;
  private final Threads threads;
  private final UnixListener listener;
  private final Set<Duplex> open = ConcurrentHashMap.newKeySet();

  RemoteExports(Path path, DeviceId device, HotRef<MeshService> mesh, Threads threads)
      throws IOException {
    this.path = path;
    this.device = device;
    this.mesh = mesh;
    this.threads = threads;
    this.listener = new UnixListener(path, threads, this::accepted);
  }

  Path path() {
    return path;
  }

  private void accepted(SocketChannel channel) {
    Duplex client = new SocketDuplex(channel);
    if (open.size() >= NbdServer.MAX_CLIENTS) {
      client.close();
      return;
    }
    threads.start("nbd-carry", () -> carry(client));
  }

  private void carry(Duplex client) {
    Duplex remote = null;
    open.add(client);
    try {
      Stream stream =
          mesh.call(m -> m.open(device, NbdServer.SERVICE, StreamClass.BULK, OPEN_MILLIS));
      remote = new StreamDuplex(stream);
      open.add(remote);
      Duplex far = remote;
      threads.start("nbd-carry-back", () -> pump(far, client));
      pump(client, remote);
    } catch (IOException | RuntimeException e) {
      LOG.info("COT-0607 device {} cannot be reached: {}", device.shortForm(), e.getMessage());
    } finally {
      client.close();
      open.remove(client);
      if (remote != null) {
        remote.close();
        open.remove(remote);
      }
    }
  }

  /** Copies until either side ends, then ends both: an NBD connection is never half open. */
  private static void pump(Duplex from, Duplex to) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        to.write(buffer);
        buffer.clear();
      }
    } catch (IOException e) {
      LOG.debug("a carried client ended: {}", e.toString());
    } finally {
      from.close();
      to.close();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    open.forEach(Duplex::close);
  }
}
