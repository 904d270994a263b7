package io.coterie.control.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.ops.api.DeviceLock;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's only door: a unix domain socket with mode 0600 in a directory with mode 0700.
 * Whoever may open it may do everything, as the owner of the files can anyway.
 */
@Component(service = {})
public final class ControlSocket {
  /** More connections at once are told to come back. */
  static final int MAX_CONNECTIONS = 128;

  private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);
  private static final int BACKLOG = 64;

  private final Collection<DeviceLock> locks = new CopyOnWriteArrayList<>();
  private final CommandRunner commands;
  private final ConsoleRunner consoles;
  private final Threads threads;
  private final Clock clock;
  private final ServerSocketChannel server;
  private final Path path;
  private final Set<ControlConnection> connections = ConcurrentHashMap.newKeySet();

  /** Opens the socket. */
  @Activate
  public ControlSocket(@Reference SessionFactory sessions, BundleContext context)
      throws IOException {
    this.path = DeviceHome.ofThisProcess().directory("run").resolve("control.sock");
    this.commands = new CommandRunner(sessions, locks);
    this.consoles = new ConsoleRunner(sessions);
    this.threads = new SystemThreads();
    this.clock = new SystemClock();
    // A socket file left by a process that died has nobody behind it: the launcher allows one
    // process a
    // home, so it is safe to replace.
    Files.deleteIfExists(path);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path), BACKLOG);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    threads.start("control-accept", this::acceptLoop);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindLock(DeviceLock lock) {
    locks.add(lock);
  }

  void unbindLock(DeviceLock lock) {
    locks.remove(lock);
  }

  private void acceptLoop() {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        ControlConnection connection =
            new ControlConnection(channel, commands, consoles, threads, clock);
        if (connections.size() >= MAX_CONNECTIONS) {
          connection.refuse("COT-0105", "too many commands at once, limit " + MAX_CONNECTIONS);
          continue;
        }
        connections.add(connection);
        threads.start(
            "control-reader",
            () -> {
              try {
                connection.serve();
              } finally {
                connections.remove(connection);
              }
            });
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.warn("COT-0106 a control connection failed: {}", e.toString());
      }
    }
  }

  /** Closes the socket and ends what runs behind it. */
  @Deactivate
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(path);
    connections.forEach(ControlConnection::hangUp);
  }
}
