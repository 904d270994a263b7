package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A capability is exchanged while the device runs, and only for one that serves. */
@Timeout(300)
class FeatureUpgradeTest {
  private static final String KEM = "coterie-crypto-mlkem";
  private Cli cli;

  @BeforeEach
  void oneDevice() throws Exception {
    cli = new Cli();
    cli.startNew("a");
  }

  @AfterEach
  void end() throws Exception {
    cli.close();
  }

  private String features(String version, String bundle) throws Exception {
    Path file = cli.home.resolve("next-" + version + ".xml");
    Files.writeString(
        file,
        "<features name=\"next\" xmlns=\"http://karaf.apache.org/xmlns/features/v1.6.0\">"
            + "<feature name=\""
            + KEM
            + "\" version=\""
            + version
            + "\"><bundle>"
            + bundle
            + "</bundle></feature></features>");
    return file.toString();
  }

  private void works(String version) throws Exception {
    assertTrue(cli.run("identity", "selftest").ok().out().contains("failures=0"));
    String list = cli.run("feature", "list", "-o", "csv").ok().out();
    assertTrue(list.lines().anyMatch(l -> l.startsWith(KEM + "," + version)), list);
    assertTrue(list.lines().filter(l -> l.startsWith(KEM + ",")).count() == 1, list);
    cli.run("ready").ok();
  }

  @Test
  void theNextVersionTakesOverAndStaysAfterARestart() throws Exception {
    Path jar =
        Cli.ROOT.resolve(
            "itests/io.coterie.crypto.mlkem.next/target/io.coterie.crypto.mlkem.next-0.1.0.jar");
    cli.run("feature", "upgrade", KEM, "--from", features("0.1.1", jar.toUri().toString())).ok();
    works("0.1.1");
    cli.run("device", "stop", "a").ok();
    cli.run("device", "start", "a").ok();
    works("0.1.1");
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    works("0.1.1");
  }

  /** At any moment of an exchange: the next start is sound, and the same command ends it. */
  @Test
  void killingTheDeviceDuringAnExchangeLeavesItSoundAndTheExchangeCanBeRepeated() throws Exception {
    Path jar =
        Cli.ROOT.resolve(
            "itests/io.coterie.crypto.mlkem.next/target/io.coterie.crypto.mlkem.next-0.1.0.jar");
    String there = features("0.1.1", jar.toUri().toString());
    for (int millis : new int[] {60, 120, 180, 260, 360, 500, 800}) {
      Process upgrade = upgrading(there);
      Thread.sleep(millis);
      cli.kill9("a");
      upgrade.waitFor();
      cli.run("device", "start", "a").ok();
      assertTrue(cli.run("identity", "selftest").ok().out().contains("failures=0"));
    }
    Cli.Result again = cli.run("feature", "upgrade", KEM, "--from", there);
    assertTrue(again.code() == 0 || again.err().contains("COT-0804"), again.err());
    works("0.1.1");
  }

  private Process upgrading(String file) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Cli.ROOT.resolve("coterie").toString(), "feature", "upgrade", KEM, "--from", file)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("COTERIE_HOME", cli.home.toString());
    return builder.start();
  }

  @Test
  void aVersionThatStartsButDoesNotServeIsTakenOutAndTheOldOneGoesOn() throws Exception {
    String idle = "mvn:io.coterie/io.coterie.crypto.api/0.1.0";
    Cli.Result refused =
        cli.run("feature", "upgrade", KEM, "--from", features("0.1.2", idle)).fails(1, "COT-0805");
    assertTrue(refused.err().contains("io.coterie.crypto.api.Kem"), refused.err());
    works("0.1.0");
  }

  @Test
  void aVersionThatCannotBeInstalledIsTakenOutAndTheOldOneGoesOn() throws Exception {
    String nowhere = features("0.1.3", "mvn:io.coterie/no.such.bundle/9.9.9");
    cli.run("feature", "upgrade", KEM, "--from", nowhere).fails(1, "COT-0805");
    works("0.1.0");
    Path junk = cli.home.resolve("junk.jar");
    Files.write(junk, new byte[1000]);
    cli.run("feature", "upgrade", KEM, "--from", features("0.1.4", junk.toUri().toString()))
        .fails(1, "COT-0805");
    works("0.1.0");
  }

  @Test
  void badFeaturesFilesAreRefused() throws Exception {
    cli.run("feature", "upgrade", KEM, "--from", "none.xml").fails(3, "COT-0803");
    cli.run("feature", "upgrade", "nonsense", "--from", "none.xml").fails(3, "COT-0801");
    String same = features("0.1.0", "mvn:io.coterie/io.coterie.crypto.api/0.1.0");
    cli.run("feature", "upgrade", KEM, "--from", same).fails(2, "COT-0804");
    Path broken = cli.home.resolve("broken.xml");
    Files.writeString(broken, "<features><feature");
    Cli.Result result = cli.run("feature", "upgrade", KEM, "--from", broken.toString());
    assertTrue(result.code() != 0 && result.err().contains("COT-08"), result.err());
    works("0.1.0");
  }
}
