package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.crypto.api.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every pair of suites that two devices demand, and every one that is asked for. */
@Tag("S0-1.5")
@Timeout(60)
class DowngradeTest {
  @TempDir Path scratch;

  @ParameterizedTest
  @CsvSource({
    "STANDARD,STANDARD,STANDARD,STANDARD",
    "STANDARD,STANDARD,MAX,MAX",
    "STANDARD,MAX,STANDARD,",
    "STANDARD,MAX,MAX,MAX",
    "MAX,STANDARD,STANDARD,MAX",
    "MAX,STANDARD,MAX,MAX",
    "MAX,MAX,STANDARD,MAX",
    "MAX,MAX,MAX,MAX"
  })
  void noLinkIsWeakerThanEitherSideDemands(Suite dialler, Suite acceptor, Suite wanted, Suite got)
      throws Exception {
    try (TestDevice a = new TestDevice("a", Files.createDirectory(scratch.resolve("a")));
        TestDevice b = new TestDevice("b", Files.createDirectory(scratch.resolve("b")))) {
      a.trust(b, true);
      b.trust(a, true);
      a.coterie.least = dialler;
      b.coterie.least = acceptor;
      if (got == null) {
        assertThrows(IOException.class, () -> a.mesh.changeSuite(b.identity.id(), wanted, 5_000));
        assertThrows(IOException.class, () -> a.mesh.changeSuite(b.identity.id(), wanted, 5_000));
        assertEquals(Map.of("WEAK_SUITE", 2L), b.mesh.refusals(), "each is counted once");
        assertEquals(0, b.mesh.links().size());
      } else {
        assertEquals(got, a.mesh.changeSuite(b.identity.id(), wanted, 5_000).suite());
      }
    }
  }
}
