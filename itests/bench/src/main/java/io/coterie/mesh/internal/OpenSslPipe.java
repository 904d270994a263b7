package io.coterie.mesh.internal;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The yardstick: {@code openssl s_client} sends to {@code openssl s_server} over loopback, with the
 * same cipher as ours and X25519, one way, as fast as they can.
 */
final class OpenSslPipe implements AutoCloseable {
  private static final int CHUNK_BYTES = 64 * 1024;

  private final Path scratch;
  private final Path key;
  private final Path certificate;

  OpenSslPipe() throws Exception {
    scratch = Files.createTempDirectory("ossl");
    key = scratch.resolve("key.pem");
    certificate = scratch.resolve("cert.pem");
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ed25519",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=x",
        "-keyout",
        key.toString(),
        "-out",
        certificate.toString());
  }

  private static void run(String... line) throws Exception {
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(line[0] + " " + line[1] + " failed");
    }
  }

  /** MiB a second with a cipher suite of TLS 1.3. */
  double mibPerSecond(String cipherSuite, long millis) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Process server =
        start(
            ProcessBuilder.Redirect.DISCARD,
            List.of(
                "openssl",
                "s_server",
                "-accept",
                "127.0.0.1:" + port,
                "-key",
                key.toString(),
                "-cert",
                certificate.toString(),
                "-tls1_3",
                "-ciphersuites",
                cipherSuite,
                "-quiet"));
    try {
      awaitPort(port);
      Process client =
          start(
              ProcessBuilder.Redirect.DISCARD,
              List.of(
                  "openssl",
                  "s_client",
                  "-connect",
                  "127.0.0.1:" + port,
                  "-tls1_3",
                  "-ciphersuites",
                  cipherSuite,
                  "-groups",
                  "X25519",
                  "-quiet",
                  "-no_ign_eof"));
      try {
        return feed(client, millis);
      } finally {
        client.destroyForcibly();
      }
    } finally {
      server.destroyForcibly();
      server.waitFor();
    }
  }

  private static double feed(Process client, long millis) throws Exception {
    byte[] chunk = new byte[CHUNK_BYTES];
    long sent = 0;
    long begin = System.nanoTime();
    try (OutputStream in = client.getOutputStream()) {
      while (System.nanoTime() - begin < millis * 1_000_000) {
        in.write(chunk);
        sent += chunk.length;
      }
    }
    if (!client.waitFor(20, TimeUnit.SECONDS)) {
      throw new IOException("s_client does not end");
    }
    return sent / (1024.0 * 1024) / ((System.nanoTime() - begin) / 1e9);
  }

  private static Process start(ProcessBuilder.Redirect out, List<String> line) throws IOException {
    return new ProcessBuilder(line)
        .redirectOutput(out)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void awaitPort(int port) throws Exception {
    for (int i = 0; ; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (i == 200) {
          throw e;
        }
        Thread.sleep(20);
      }
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(key);
    Files.deleteIfExists(certificate);
    Files.deleteIfExists(scratch);
  }
}
