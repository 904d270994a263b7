package io.coterie.volume.nbd.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamHandler;
import io.coterie.volume.api.ExportService;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers the volumes of this device on a local socket and to peers on mesh streams, and the volumes
 * of peers on local sockets. One thread a client: a guest has one connection.
 */
@Component(
    service = {ExportService.class, StreamHandler.class},
    property = StreamHandler.SERVICE + "=" + NbdServer.SERVICE)
public final class NbdServer implements ExportService, StreamHandler {
  static final String SERVICE = "nbd";
  static final int MAX_CLIENTS = 64;

  /** 96 bits of the id: no two devices share a socket, and its path stays short enough. */
  private static final int SOCKET_NAME_CHARS = 24;

  private static final long HANDSHAKE_MILLIS = 10_000;
  private static final long WATCH_MILLIS = 1_000;
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;
  private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);

  private final Path directory;
  private final Threads threads;
  private final Clock clock;
  private final HotRef<VolumeService> volumes = new HotRef<>("volume", WAIT_MILLIS);
  private final HotRef<MeshService> mesh = new HotRef<>("mesh", WAIT_MILLIS);
  private final Set<NbdSession> sessions = ConcurrentHashMap.newKeySet();
  private final Map<DeviceId, RemoteExports> remotes = new ConcurrentHashMap<>();
  private final UnixListener local;
  private final Thread watch;

  @Activate
  public NbdServer() throws IOException {
    this(DeviceHome.ofThisProcess().directory("run"), new SystemThreads(), new SystemClock());
  }

  NbdServer(Path directory, Threads threads, Clock clock) throws IOException {
    this.directory = directory;
    this.threads = threads;
    this.clock = clock;
    this.local = new UnixListener(directory.resolve("nbd.sock"), threads, this::accepted);
    this.watch = threads.start("nbd-watch", this::watchHandshakes);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindVolumes(VolumeService service) {
    volumes.bind(service);
  }

  void unbindVolumes(VolumeService service) {
    // Its clients must go: their volume closes. A guest reconnects to the next service by itself.
    sessions.forEach(NbdSession::close);
    if (!volumes.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0605 the volume service left while calls were in flight");
    }
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindMesh(MeshService service) {
    mesh.bind(service);
  }

  void unbindMesh(MeshService service) {
    if (!mesh.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0605 the mesh left while calls were in flight");
    }
  }

  private void accepted(SocketChannel channel) {
    Duplex client = new SocketDuplex(channel);
    if (sessions.size() >= MAX_CLIENTS) {
      LOG.warn("COT-0606 too many block device clients, limit {}", MAX_CLIENTS);
      client.close();
      return;
    }
    threads.start("nbd-client", () -> serve(client));
  }

  private void serve(Duplex client) {
    NbdSession session = new NbdSession(client, volumes, clock.monotonicMillis());
    sessions.add(session);
    try {
      session.run();
    } finally {
      sessions.remove(session);
    }
  }

  @Override
  public void handle(Stream stream) {
    if (sessions.size() >= MAX_CLIENTS) {
      LOG.warn("COT-0606 too many block device clients, limit {}", MAX_CLIENTS);
      stream.reset();
      return;
    }
    serve(new StreamDuplex(stream));
  }

  private void watchHandshakes() {
    try {
      while (true) {
        Thread.sleep(WATCH_MILLIS);
        long now = clock.monotonicMillis();
        sessions.forEach(s -> s.closeIfIdleSince(now, HANDSHAKE_MILLIS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Path localSocket() {
    return directory.resolve("nbd.sock");
  }

  @Override
  public synchronized Path remoteSocket(DeviceId device) throws IOException {
    RemoteExports remote = remotes.get(device);
    if (remote == null) {
      Path path =
          directory.resolve("nbd-" + device.toString().substring(0, SOCKET_NAME_CHARS) + ".sock");
      remote = new RemoteExports(path, device, mesh, threads);
      remotes.put(device, remote);
    }
    return remote.path();
  }

  /** Ends all clients and closes the sockets. */
  @Deactivate
  void close() throws IOException {
    watch.interrupt();
    local.close();
    for (RemoteExports remote : remotes.values()) {
      remote.close();
    }
    sessions.forEach(NbdSession::close);
  }
}
