package io.coterie.volume.internal;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.volume.internal.format.LogPosition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("S1-9.5")
class FileWitnessTest {
  @TempDir Path scratch;

  private static LogPosition position(long commit, int chain) {
    byte[] hash = new byte[32];
    Arrays.fill(hash, (byte) chain);
    return new LogPosition(7, 100, commit, hash);
  }

  @Test
  void whatWentOnFromWhatWasSeenIsTheVolume() throws Exception {
    FileWitness witness = new FileWitness(scratch.resolve("seen"));
    assertNull(witness.objection(1, position(10, 1), 10), "nothing was seen");
    witness.seen(3, position(20, 1));
    assertNull(
        witness.objection(3, position(20, 1), 25), "the same checkpoint, and more behind it");
    assertNull(witness.objection(4, position(30, 2), 31), "a later one");
    assertNull(witness.objection(2, position(15, 2), 20), "one before, with all that was written");
  }

  @Test
  void whatEndsBeforeWhatWasSeenIsOlder() throws Exception {
    FileWitness witness = new FileWitness(scratch.resolve("seen"));
    witness.seen(3, position(20, 1));
    assertTrue(witness.objection(2, position(15, 1), 19).contains("older"));
    witness.forget();
    assertNull(witness.objection(2, position(15, 1), 19));
  }

  @Test
  void aSecondContinuationOfTheSameBeginningIsTold() throws Exception {
    FileWitness witness = new FileWitness(scratch.resolve("seen"));
    witness.seen(3, position(20, 1));
    assertTrue(witness.objection(3, position(20, 2), 25).contains("another continuation"));
    assertTrue(witness.objection(3, position(21, 1), 25).contains("another continuation"));
  }

  @Test
  void aMemoryThatIsDamagedIsAnObjection() throws Exception {
    Path file = scratch.resolve("seen");
    FileWitness witness = new FileWitness(file);
    witness.seen(3, position(20, 1));
    byte[] good = Files.readAllBytes(file);
    for (int length = 0; length < good.length; length++) {
      Files.write(file, Arrays.copyOf(good, length));
      assertTrue(witness.objection(3, position(20, 1), 25).contains("cannot be told"));
    }
    Files.write(file, new byte[100_000]);
    assertTrue(witness.objection(3, position(20, 1), 25).contains("cannot be told"));
    witness.forget();
    assertNull(witness.objection(3, position(20, 1), 25));
  }
}
