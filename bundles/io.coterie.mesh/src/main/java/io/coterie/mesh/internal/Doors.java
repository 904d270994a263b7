package io.coterie.mesh.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.hot.HotRef;
import io.coterie.transport.api.Acceptor;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Listener;
import io.coterie.transport.api.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The address on which this device listens for peers: none until somebody says so. Thread-safe. */
final class Doors {
  private static final Logger LOG = LoggerFactory.getLogger(Doors.class);
  private static final int MAX_FILE_BYTES = 512;

  private final Path file;
  private final HotRef<Transport> tcp;
  private final Acceptor visitors;
  private Listener listener;

  Doors(DeviceHome home, HotRef<Transport> tcp, Acceptor visitors) {
    this.file = home.root().resolve("listen");
    this.tcp = tcp;
    this.visitors = visitors;
  }

  synchronized String address() {
    return listener == null ? null : listener.address().toString();
  }

  /** Opens the door there, and again after a restart. */
  synchronized Address open(Address wanted) throws IOException {
    if (!wanted.transport().equals("tcp")) {
      throw CoterieException.of(
          "COT-0407",
          ExitCode.USAGE,
          "there is no transport '" + wanted.transport() + "'",
          "tcp://HOST:PORT");
    }
    close();
    Address bound;
    try {
      bound = bind(wanted);
    } catch (IOException e) {
      reopen();
      throw CoterieException.of(
          "COT-0408",
          ExitCode.FAILED,
          "this device cannot listen there: " + e.getMessage(),
          "another port, or see who has it: ss -ltnp",
          e);
    }
    SafeFiles.replace(file, bound.toString().getBytes(StandardCharsets.US_ASCII));
    return bound;
  }

  private Address bind(Address address) throws IOException {
    listener = tcp.call(transport -> transport.listen(address, visitors));
    LOG.info("listening for peers on {}", listener.address());
    return listener.address();
  }

  /** Opens the stored door if there is one. Failure is logged: the device works without it. */
  synchronized void reopen() {
    if (listener != null || !Files.exists(file) || !tcp.available()) {
      return;
    }
    try {
      String stored =
          new String(SafeFiles.readBounded(file, MAX_FILE_BYTES), StandardCharsets.US_ASCII);
      bind(Address.parse(stored));
    } catch (IOException | CoterieException e) {
      LOG.error("COT-0408 this device cannot listen for peers: {}", e.getMessage());
    }
  }

  synchronized void close() {
    if (listener != null) {
      listener.close();
      listener = null;
    }
  }
}
