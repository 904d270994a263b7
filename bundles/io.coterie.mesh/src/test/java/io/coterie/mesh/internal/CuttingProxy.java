package io.coterie.mesh.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between two devices and resets their connections when it is told to. */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile int target;

  CuttingProxy(int target) throws IOException {
    this.target = target;
    start(this::accept);
  }

  String address() {
    return "tcp://127.0.0.1:" + door.getLocalPort();
  }

  /** Where connections go from now on. */
  void leadTo(int port) {
    target = port;
  }

  private static void start(Runnable body) {
    Thread thread = new Thread(body, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket near = door.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        for (Socket socket : List.of(near, far)) {
          socket.setSoLinger(true, 0); // closing is a reset
          sockets.add(socket);
        }
        start(() -> copy(near, far));
        start(() -> copy(far, near));
      } catch (IOException e) {
        // the next one, or the end
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    byte[] buffer = new byte[16 * 1024];
    try (from;
        to) {
      for (int n = from.getInputStream().read(buffer);
          n >= 0;
          n = from.getInputStream().read(buffer)) {
        to.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException e) {
      // cut
    }
  }

  /** Resets every connection; what is on its way is lost. */
  void cut() {
    for (Socket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is closed
      }
    }
    sockets.clear();
  }

  @Override
  public void close() throws IOException {
    door.close();
    cut();
  }
}
