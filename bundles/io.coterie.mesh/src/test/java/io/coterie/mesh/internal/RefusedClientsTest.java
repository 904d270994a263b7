package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Vector;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever does not speak post-quantum TLS 1.3 is turned away, counted, and harms nobody. */
@Tag("S0-8.10")
@Tag("S0-8.11")
@Timeout(60)
class RefusedClientsTest {
  @TempDir Path scratch;
  private TestDevice a;
  private TestDevice b;

  @BeforeEach
  void twoDevices() throws Exception {
    a = new TestDevice("a", Files.createDirectory(scratch.resolve("a")));
    b = new TestDevice("b", Files.createDirectory(scratch.resolve("b")));
    a.trust(b, true);
    b.trust(a, true);
    b.answer("echo", (peer, request) -> request);
  }

  @AfterEach
  void theDeviceStillServes() throws Exception {
    assertEquals(
        3, a.mesh.call(b.identity.id(), "echo", new byte[3], 10_000).length, "after the test");
    a.close();
    b.close();
  }

  private void refused(String reason, long count) throws Exception {
    for (int i = 0; i < 1000 && b.mesh.refusals().getOrDefault(reason, 0L) < count; i++) {
      Thread.sleep(10);
    }
    assertEquals(count, b.mesh.refusals().getOrDefault(reason, 0L), b.mesh.refusals().toString());
  }

  private void jdkClient(String protocol) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, null, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", b.port())) {
      socket.setEnabledProtocols(new String[] {protocol});
      assertThrows(IOException.class, socket::startHandshake);
    }
  }

  @Test
  void aPeerWithClassicalGroupsOnlyIsRefused() throws Exception {
    jdkClient("TLSv1.3");
    refused("NO_POST_QUANTUM_GROUP", 1);
  }

  @Test
  void aPeerWithTls12IsRefused() throws Exception {
    jdkClient("TLSv1.2");
    refused("OLD_VERSION", 1);
  }

  private void raw(byte[] bytes) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", b.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      socket.setSoTimeout(10_000);
      assertTrue(socket.getInputStream().read() <= 0x15, "the device answered garbage");
    } catch (IOException e) {
      assertTrue(String.valueOf(e.getMessage()).length() > 0);
    }
  }

  @Test
  void garbageIsRefused() throws Exception {
    raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    byte[] noise = new byte[1 << 20];
    new Random(1).nextBytes(noise);
    noise[0] = 7;
    raw(noise);
    refused("NOT_TLS", 2);
  }

  @Test
  void aHugeFirstRecordIsRefusedBeforeItArrives() throws Exception {
    raw(new byte[] {22, 3, 1, (byte) 0xff, (byte) 0xff, 1, 0, 0});
    refused("TOO_LARGE", 1);
  }

  @Test
  void aMalformedHelloIsRefused() throws Exception {
    byte[] hello = new byte[5 + 200];
    hello[0] = 22;
    hello[1] = 3;
    hello[2] = 1;
    hello[4] = (byte) 200;
    hello[5] = 1;
    raw(hello);
    refused("MALFORMED", 1);
  }

  @Test
  void aClientThatStopsHalfWayIsExpired() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", b.port())) {
      socket.getOutputStream().write(new byte[] {22, 3, 1, 1});
      socket.setSoTimeout(15_000);
      assertEquals(-1, socket.getInputStream().read());
    }
    refused("TOO_SLOW", 1);
  }

  @Test
  @Tag("S4-9.7")
  void anAddressThatFloodsIsShutOutAndLinksGoOn() throws Exception {
    a.mesh.call(b.identity.id(), "echo", new byte[3], 10_000);
    for (int i = 0; i < AddressLimit.BUCKET + 10; i++) {
      try (Socket socket = new Socket("127.0.0.1", b.port())) {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        socket.setSoTimeout(10_000);
        socket.getInputStream().readAllBytes();
      } catch (IOException e) {
        // shut out at once
      }
    }
    assertTrue(b.mesh.refusals().get("TOO_MANY_FROM_ADDRESS") > 0, "" + b.mesh.refusals());
    assertTrue(b.mesh.refusals().get("NOT_TLS") >= AddressLimit.BUCKET, "" + b.mesh.refusals());
  }

  @Test
  void silentConnectionsOfOneAddressDoNotTakeEveryPlace() throws Exception {
    a.mesh.call(b.identity.id(), "echo", new byte[3], 10_000);
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        silent.add(new Socket("127.0.0.1", b.port()));
      }
      refused("TOO_MANY_FROM_ADDRESS", 4);
      refused("TOO_SLOW", 16);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void aStrangerWithPerfectTlsIsRefused() throws Exception {
    try (TestDevice stranger = new TestDevice("x", Files.createDirectory(scratch.resolve("x")))) {
      stranger.trust(b, true);
      assertThrows(
          IOException.class,
          () -> stranger.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000));
      refused("UNKNOWN_DEVICE", 1);
    }
  }

  @Test
  void aPerfectHelloWithoutATokenIsTurnedAway() throws Exception {
    raw(helloOfAStrangersLibrary());
    refused("NO_TOKEN", 1);
  }

  /** The first flight of the library's own client with the right group and cipher. */
  private static byte[] helloOfAStrangersLibrary() throws Exception {
    TlsClientProtocol client = new TlsClientProtocol();
    client.connect(
        new DefaultTlsClient(new BcTlsCrypto()) {
          @Override
          protected ProtocolVersion[] getSupportedVersions() {
            return ProtocolVersion.TLSv13.only();
          }

          @Override
          protected int[] getSupportedCipherSuites() {
            return new int[] {0x1302};
          }

          @Override
          protected Vector<Integer> getSupportedGroups(@SuppressWarnings("rawtypes") Vector roles) {
            return new Vector<>(List.of(0x11EC));
          }

          @Override
          public Vector<Integer> getEarlyKeyShareGroups() {
            return new Vector<>(List.of(0x11EC));
          }

          @Override
          public TlsAuthentication getAuthentication() {
            return null;
          }
        });
    byte[] hello = new byte[client.getAvailableOutputBytes()];
    client.readOutput(hello, 0, hello.length);
    return hello;
  }
}
