package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Suites and algorithms are exchanged on a coterie of two devices that talk all the time. */
@Tag("S0-1.5")
@Timeout(300)
class HotSwapTest {
  private static final int SECONDS = 40;
  private static Cli cli;

  @BeforeAll
  static void twoDevices() throws Exception {
    cli = new Cli();
    cli.startNew("a");
    cli.startNew("b");
    cli.on("a", "init", "--listen", "tcp://127.0.0.1:0").ok();
    cli.join("a", "b");
    cli.awaitPeers("a", 1);
    cli.awaitPeers("b", 1);
  }

  @AfterAll
  static void close() throws Exception {
    cli.close();
  }

  private static String features(String feature, String module) throws Exception {
    Path jar = Cli.ROOT.resolve("itests/" + module + ".next/target/" + module + ".next-0.1.0.jar");
    assertTrue(Files.exists(jar), jar + " is missing");
    Path file = cli.home.resolve(feature + ".xml");
    Files.writeString(
        file,
        "<features name=\"next\" xmlns=\"http://karaf.apache.org/xmlns/features/v1.6.0\">"
            + "<feature name=\""
            + feature
            + "\" version=\"0.1.1\"><bundle>"
            + jar.toUri()
            + "</bundle></feature></features>");
    return file.toString();
  }

  private static CompletableFuture<Cli.Result> load(String device, String... words) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return cli.on(device, words);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void awaitSuite(String suite) throws Exception {
    String list = "";
    for (int i = 0; i < 200; i++) {
      list = cli.on("a", "link", "list", "-o", "csv").ok().out();
      if (list.lines().count() > 1 && list.lines().skip(1).allMatch(l -> l.contains(suite))) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("no suite " + suite + ":\n" + list);
  }

  @Test
  void suiteKemAndSignaturesAreExchangedAndNoCallFails() throws Exception {
    String seconds = String.valueOf(SECONDS);
    List<CompletableFuture<Cli.Result>> loads = new ArrayList<>();
    loads.add(load("a", "peer", "ping", "b", "--seconds", seconds));
    loads.add(load("b", "peer", "ping", "a", "--seconds", seconds));
    loads.add(load("a", "identity", "selftest", "--seconds", seconds));
    awaitSuite("standard");
    cli.on("a", "suite", "set", "max").ok();
    String signatures = features("coterie-crypto-mldsa", "io.coterie.crypto.mldsa");
    String kems = features("coterie-crypto-mlkem", "io.coterie.crypto.mlkem");
    cli.on("a", "feature", "upgrade", "coterie-crypto-mldsa", "--from", signatures).ok();
    awaitSuite("max");
    cli.on("b", "feature", "upgrade", "coterie-crypto-mldsa", "--from", signatures).ok();
    cli.on("a", "feature", "upgrade", "coterie-crypto-mlkem", "--from", kems).ok();
    cli.on("a", "suite", "set", "standard").ok();
    // The new ones sign: a rotation, fresh session keys, handshakes of both suites.
    cli.on("a", "identity", "rotate").ok();
    for (String suite : new String[] {"standard", "max"}) {
      cli.on("a", "link", "suite", "b", suite).ok();
      cli.on("b", "link", "suite", "a", suite).ok();
    }
    for (CompletableFuture<Cli.Result> load : loads) {
      Cli.Result result = load.get().ok();
      assertTrue(result.out().contains("failures=0"), result.out());
    }
    String list = cli.on("a", "feature", "list", "-o", "csv").ok().out();
    assertTrue(list.contains("coterie-crypto-mldsa,0.1.1"), list);
    assertTrue(!list.contains("coterie-crypto-mldsa,0.1.0"), "the old one is gone\n" + list);
    cli.on("a", "crypto", "selftest").ok();
  }

  @Test
  void theLastProviderOfASuiteInUseIsNotTakenOut() throws Exception {
    for (String feature :
        new String[] {"coterie-crypto-mldsa", "coterie-crypto-eddsa", "coterie-crypto-aead"}) {
      Cli.Result refused = cli.on("b", "feature", "remove", feature).fails(5, "COT-0809");
      assertTrue(refused.err().contains("io.coterie.mesh"), refused.err());
      assertTrue(refused.err().contains("algorithm="), refused.err());
    }
    cli.on("b", "feature", "remove", "coterie-crypto-mlkem").fails(5, "COT-0809");
    cli.on("b", "feature", "remove", "nonsense").fails(3, "COT-0801");
    cli.on("b", "ready").ok();
    cli.on("b", "peer", "ping", "a", "--seconds", "1").ok();
    cli.on("b", "feature", "remove", "coterie-vm").ok();
    cli.on("b", "vm", "list").fails(2, "COT-0104");
    cli.on("b", "peer", "ping", "a", "--seconds", "1").ok();
  }
}
