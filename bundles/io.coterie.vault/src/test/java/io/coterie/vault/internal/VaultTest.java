package io.coterie.vault.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.crypto.api.KeyVault;
import io.coterie.testkit.ManualClock;
import io.coterie.testkit.Mutations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("S0-7.5")
class VaultTest {
  private static final byte[] PUBLIC = "public".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SECRETS = "very secret keys".getBytes(StandardCharsets.UTF_8);
  private static final byte[] PASSPHRASE = "four words of mine".getBytes(StandardCharsets.UTF_8);

  @TempDir Path home;
  private final ManualClock clock = new ManualClock(1_000_000);

  private Vault filled() throws IOException {
    Vault vault = TestVault.open(home, clock);
    vault.store(new KeyVault.Content(PUBLIC.clone(), SECRETS.clone()));
    return vault;
  }

  private static void assertHolds(Vault vault) {
    KeyVault.Content content = vault.load().orElseThrow();
    assertArrayEquals(PUBLIC, content.publicPart());
    assertArrayEquals(SECRETS, content.secrets());
  }

  private static void assertFails(String code, Runnable act) {
    assertEquals(code, assertThrows(CoterieException.class, act::run).code());
  }

  private List<Path> keyFiles() throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      return files.filter(f -> f.toString().endsWith(".key")).toList();
    }
  }

  private Path identity() {
    return home.resolve("identity");
  }

  @Test
  void aNewDeviceBeginsWithAKeyFileThatOnlyItsOwnerReads() throws Exception {
    assertTrue(filled().opensFromHomeAlone());
    assertEquals(1, keyFiles().size());
    for (Path file : List.of(identity(), keyFiles().get(0))) {
      assertEquals(
          PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(file));
    }
    assertHolds(TestVault.open(home, clock));
    String onDisk = Files.readString(identity(), StandardCharsets.ISO_8859_1);
    assertFalse(onDisk.contains("very secret"), "secrets are sealed");
    assertTrue(onDisk.contains("public"));
  }

  @Test
  void withoutItsKeyFileItStaysLockedAndOpensWhenTheFileIsBack() throws Exception {
    filled();
    Path file = keyFiles().get(0);
    byte[] key = Files.readAllBytes(file);
    Files.delete(file);
    Vault vault = TestVault.locked(home, clock);
    assertFails("COT-0343", vault::openAlone);
    assertFails("COT-0340", vault::load);
    Files.write(file, new byte[31]);
    assertFails("COT-0343", vault::openAlone);
    Files.write(file, new byte[32]);
    assertFails("COT-0301", vault::openAlone);
    Files.write(file, key);
    vault.openAlone();
    assertHolds(vault);
  }

  @Test
  void aPassphraseLocksItAndTheKeyFileIsGone() throws Exception {
    Vault vault = filled();
    byte[] before = Files.readAllBytes(identity());
    vault.protect(List.of(new Protection.Passphrase(PASSPHRASE)));
    assertHolds(vault);
    assertEquals(List.of(), keyFiles());
    assertFalse(vault.opensFromHomeAlone());
    vault.store(new KeyVault.Content(PUBLIC.clone(), SECRETS.clone()));
    Vault again = TestVault.locked(home, clock);
    assertFails("COT-0340", again::openAlone);
    assertFails(
        "COT-0341", () -> again.openWith("four words of mint".getBytes(StandardCharsets.UTF_8)));
    assertFalse(again.open());
    again.openWith(PASSPHRASE);
    assertHolds(again);
    assertFalse(Arrays.equals(before, Files.readAllBytes(identity())));
  }

  @Test
  void aChangeOfMethodMakesANewVaultKey() throws Exception {
    Vault vault = filled();
    byte[] oldFile = Files.readAllBytes(identity());
    Path oldKeyFile = keyFiles().get(0);
    byte[] oldKey = Files.readAllBytes(oldKeyFile);
    vault.protect(List.of(new Protection.KeyFile(null)));
    assertEquals(1, keyFiles().size());
    assertFalse(keyFiles().get(0).equals(oldKeyFile));
    Files.write(oldKeyFile, oldKey);
    assertHolds(TestVault.open(home, clock));
    assertFalse(Files.exists(oldKeyFile), "what no way needs is swept");
    // An old copy of the file still opens with the old key: that is what the copy was.
    Files.write(identity(), oldFile);
    assertFails("COT-0343", TestVault.locked(home, clock)::openAlone);
  }

  @Test
  void aKeyFileMayLieElsewhereAndIsNeverWrittenOver() throws Exception {
    Vault vault = filled();
    Path stick = Files.createDirectory(home.resolve("stick")).resolve("my.key");
    Files.write(stick, new byte[] {1});
    assertFails("COT-0346", () -> vault.protect(List.of(new Protection.KeyFile(stick))));
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(stick));
    assertHolds(TestVault.open(home, clock));
    Files.delete(stick);
    vault.protect(List.of(new Protection.KeyFile(stick)));
    assertEquals(List.of(), keyFiles());
    assertHolds(TestVault.open(home, clock));
    Files.delete(stick);
    assertFails("COT-0343", TestVault.locked(home, clock)::openAlone);
  }

  @Test
  void aKeyFileIsNotSweptWhateverPathLeadsToIt() throws Exception {
    Path link = home.resolveSibling(home.getFileName() + "-link");
    Files.createSymbolicLink(link, home);
    try {
      Vault vault = TestVault.open(link, clock);
      vault.store(new KeyVault.Content(PUBLIC.clone(), SECRETS.clone()));
      Path mine = home.resolve("vault-0123456789abcdef.key");
      vault.protect(List.of(new Protection.KeyFile(mine)));
      assertTrue(vault.opensFromHomeAlone());
      for (int i = 0; i < 3; i++) {
        assertHolds(TestVault.open(link, clock));
        assertHolds(TestVault.open(home, clock));
      }
      assertEquals(List.of(mine), keyFiles());
    } finally {
      Files.delete(link);
    }
  }

  /** Two versions of the vault may be installed side by side while one is exchanged. */
  @Test
  void aVaultThatIsNotUpToDateWritesNothing() throws Exception {
    Vault old = filled();
    Vault fresh = TestVault.open(home, clock);
    fresh.protect(List.of(new Protection.Passphrase(PASSPHRASE)));
    byte[] now = Files.readAllBytes(identity());
    KeyVault.Content content = new KeyVault.Content(PUBLIC.clone(), SECRETS.clone());
    assertThrows(IOException.class, () -> old.store(content));
    assertFails("COT-0336", () -> old.protect(List.of(new Protection.KeyFile(null))));
    assertArrayEquals(now, Files.readAllBytes(identity()));
    Vault again = TestVault.locked(home, clock);
    again.openWith(PASSPHRASE);
    assertHolds(again);
  }

  /** Whoever hangs up interrupts the thread of the command. */
  @Test
  void anInterruptDoesNotTearAChange() throws Exception {
    Vault vault = filled();
    Thread.currentThread().interrupt();
    vault.protect(List.of(new Protection.KeyFile(null)));
    assertTrue(Thread.interrupted(), "the interrupt is kept");
    assertHolds(vault);
    assertHolds(TestVault.open(home, clock));
  }

  @Test
  void whenOneWayFailsNothingHasChanged() throws Exception {
    Vault vault = filled();
    byte[] before = Files.readAllBytes(identity());
    List<Protection> shortOne =
        List.of(new Protection.KeyFile(null), new Protection.Passphrase(new byte[7]));
    assertFails("COT-0345", () -> vault.protect(shortOne));
    List<Protection> noTpm =
        List.of(
            new Protection.KeyFile(null),
            new Protection.TpmState("swtpm:host=127.0.0.1,port=1", "sha256:7"));
    assertFails("COT-0344", () -> vault.protect(noTpm));
    assertArrayEquals(before, Files.readAllBytes(identity()));
    assertEquals(1, keyFiles().size());
    assertHolds(vault);
    assertHolds(TestVault.open(home, clock));
  }

  @Test
  void guessingIsSlowedDownAndTheRightPassphraseStillOpens() throws Exception {
    filled().protect(List.of(new Protection.Passphrase(PASSPHRASE)));
    Vault vault = TestVault.locked(home, clock);
    byte[] wrong = "a wrong passphrase".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 3; i++) {
      assertFails("COT-0341", () -> vault.openWith(wrong));
    }
    assertFails("COT-0342", () -> vault.openWith(wrong));
    assertFails("COT-0342", () -> vault.openWith(PASSPHRASE));
    clock.advance(1_001);
    assertFails("COT-0341", () -> vault.openWith(wrong));
    clock.advance(1_999);
    assertFails("COT-0342", () -> vault.openWith(PASSPHRASE));
    clock.advance(2);
    vault.openWith(PASSPHRASE);
    assertHolds(vault);
  }

  @Test
  void everyFlippedByteAndEveryCutIsNoticed() throws Exception {
    filled();
    byte[] good = Files.readAllBytes(identity());
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      Files.write(identity(), bad);
      assertThrows(CoterieException.class, TestVault.locked(home, clock)::openAlone, "byte " + i);
      Files.write(identity(), Arrays.copyOf(good, i));
      assertFails("COT-0301", TestVault.locked(home, clock)::openAlone);
    }
    Files.write(identity(), Arrays.copyOf(good, good.length + 1));
    assertFails("COT-0301", TestVault.locked(home, clock)::openAlone);
    Files.write(identity(), good);
    assertHolds(TestVault.open(home, clock));
  }

  @Test
  void anAlteredVaultFileIsRefusedOrIsWhatItSays() throws Exception {
    filled().protect(List.of(new Protection.KeyFile(null), new Protection.Passphrase(PASSPHRASE)));
    byte[] seed = Files.readAllBytes(identity());
    int rounds = Integer.getInteger("coterie.fuzz", 20_000);
    new Mutations(31)
        .run(VaultFileFuzz.class, List.of(seed), rounds, VaultFileFuzz::fuzzerTestOneInput);
  }

  @Test
  void onlyRealTpmsAndRegistersAreTaken() {
    for (String tcti :
        new String[] {
          "cmd:touch /tmp/x", "device:/dev/sda", "swtpm:host=10.0.0.1,port=1", "", "libtpms:x"
        }) {
      assertThrows(
          MalformedInputException.class, () -> Tpm.check(tcti, Protection.TpmState.DEFAULT_PCRS));
    }
    for (String pcrs : new String[] {"", "sha256:", "sha256:24", "md5:7", "sha256:7 -o x", "7"}) {
      assertThrows(
          MalformedInputException.class, () -> Tpm.check(Protection.TpmState.DEFAULT_TCTI, pcrs));
    }
  }
}
