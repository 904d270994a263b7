package io.coterie.base.name;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.error.CoterieException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesAndSizesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "A", "a/b", "..", "a b", "-a", "a-", "\u00e9", "a\nb", "a.b", "\ud83d\ude80"})
  void badNamesAreRefused(String name) {
    CoterieException refused =
        assertThrows(CoterieException.class, () -> Names.check("volume", name));
    assertEquals("COT-0003", refused.code());
    assertEquals(-1, refused.what().indexOf('\n'));
  }

  @Test
  void namesHaveALengthLimit() {
    assertEquals("a".repeat(40), Names.check("volume", "a".repeat(40)));
    assertThrows(CoterieException.class, () -> Names.check("volume", "a".repeat(41)));
    assertThrows(CoterieException.class, () -> Names.check("volume", "\ud83d\ude80".repeat(500)));
    assertThrows(CoterieException.class, () -> Names.check("volume", null));
  }

  @ParameterizedTest
  @CsvSource({"0,0", "512,512", "4k,4096", "10M,10485760", "2GiB,2147483648", "1TB,1099511627776"})
  void sizesAreBinary(String text, long bytes) {
    assertEquals(bytes, Sizes.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1.5G", "G", "99999999999999999999", "9999999999999T", "1 G x"})
  void badSizesAreRefused(String text) {
    assertThrows(CoterieException.class, () -> Sizes.parse(text));
  }

  @Test
  void sizesArePrintedForPeople() {
    assertEquals("1023 B", Sizes.format(1023));
    assertEquals("1.0 KiB", Sizes.format(1024));
    assertEquals("1.5 GiB", Sizes.format(3L << 29));
  }
}
