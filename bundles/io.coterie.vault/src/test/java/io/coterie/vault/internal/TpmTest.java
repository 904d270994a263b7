package io.coterie.vault.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.base.seam.SystemClock;
import io.coterie.crypto.api.KeyVault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The vault under a TPM 2.0 in software: swtpm, by the programs of tpm2-tools. */
@Tag("S2-2.2")
@Timeout(120)
class TpmTest {
  private static final byte[] PASSPHRASE = "four words of mine".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SECRETS = {1, 2, 3, 4};

  @TempDir Path scratch;
  private Path home;
  private Process swtpm;
  private String tcti;

  @BeforeEach
  void aTpm() throws Exception {
    assumeTrue(installed("swtpm") && installed("tpm2_unseal"), "swtpm, tpm2-tools");
    home = Files.createDirectory(scratch.resolve("home"));
    startTpm();
  }

  private static boolean installed(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
  }

  private void startTpm() throws Exception {
    Path state = Files.createDirectories(scratch.resolve("tpm"));
    int port = freePort();
    swtpm =
        new ProcessBuilder(
                "swtpm",
                "socket",
                "--tpm2",
                "--tpmstate",
                "dir=" + state,
                "--server",
                "type=tcp,bindaddr=127.0.0.1,port=" + port,
                "--ctrl",
                "type=tcp,bindaddr=127.0.0.1,port=" + (port + 1),
                "--flags",
                "not-need-init,startup-clear")
            .redirectErrorStream(true)
            .redirectOutput(scratch.resolve("swtpm.log").toFile())
            .start();
    tcti = "swtpm:host=127.0.0.1,port=" + port;
    for (int i = 0; !listens(port + 1); i++) {
      assertTrue(
          i < 100, "swtpm does not start: " + Files.readString(scratch.resolve("swtpm.log")));
      Thread.sleep(50);
    }
  }

  /** Only the control channel may be tried: the other one serves a single caller. */
  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Two free ports, one behind the other. */
  private static int freePort() throws IOException {
    while (true) {
      try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          ServerSocket second =
              new ServerSocket(first.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress())) {
        return second.getLocalPort() - 1;
      } catch (IOException e) {
        // the next one is taken
      }
    }
  }

  @AfterEach
  void stopTpm() throws Exception {
    if (swtpm != null) {
      swtpm.destroy();
      swtpm.waitFor();
    }
  }

  private Vault filled() throws IOException {
    Vault vault = TestVault.open(home, new SystemClock());
    vault.store(new KeyVault.Content(new byte[] {9}, SECRETS.clone()));
    return vault;
  }

  private Vault again() {
    return TestVault.locked(home, new SystemClock());
  }

  private void extendPcr(int pcr) throws Exception {
    Process extend =
        new ProcessBuilder("tpm2_pcrextend", "-T", tcti, pcr + ":sha256=" + "ab".repeat(32))
            .inheritIO()
            .start();
    assertEquals(0, extend.waitFor());
  }

  private static String failure(Vault vault) {
    return assertThrows(CoterieException.class, vault::openAlone).code();
  }

  @Test
  void theTpmOpensItWithoutTheOwnerAsLongAsTheRegistersAreTheSame() throws Exception {
    filled().protect(List.of(new Protection.TpmState(tcti, "sha256:7,16")));
    try (Stream<Path> files = Files.list(home)) {
      assertTrue(files.noneMatch(f -> f.toString().endsWith(".key")));
    }
    for (int i = 0; i < 4; i++) { // more than the three places that a TPM has for loaded objects
      Vault vault = again();
      vault.openAlone();
      assertArrayEquals(SECRETS, vault.load().orElseThrow().secrets());
    }
    extendPcr(8);
    again().openAlone();
    extendPcr(16);
    assertEquals("COT-0344", failure(again()));
    try (Stream<Path> left = Files.list(home.resolve("run"))) {
      assertEquals(0, left.count(), "nothing is left behind");
    }
  }

  @Test
  void whenTheRegistersChangedThePassphraseStillOpensIt() throws Exception {
    filled()
        .protect(
            List.of(
                new Protection.TpmState(tcti, "sha256:16"), new Protection.Passphrase(PASSPHRASE)));
    again().openAlone();
    extendPcr(16);
    Vault vault = again();
    assertEquals("COT-0340", failure(vault));
    vault.openWith(PASSPHRASE);
    vault.protect(
        List.of(new Protection.TpmState(tcti, "sha256:16"), new Protection.Passphrase(PASSPHRASE)));
    again().openAlone();
  }

  @Test
  void anotherTpmDoesNotOpenIt() throws Exception {
    filled().protect(List.of(new Protection.TpmState(tcti, "sha256:7")));
    stopTpm();
    assertEquals("COT-0344", failure(again()));
  }
}
