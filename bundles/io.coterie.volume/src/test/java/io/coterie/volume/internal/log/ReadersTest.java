package io.coterie.volume.internal.log;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReadersTest {
  @Test
  void aPlaceIsFreeOnceAllWhoCameBeforeAreGone() {
    Readers readers = new Readers();
    long early = readers.enter();
    long givenUp = readers.giveUp();
    long late = readers.enter();
    assertFalse(readers.doneUpTo(givenUp));
    readers.exit(early);
    assertTrue(readers.doneUpTo(givenUp));
    readers.exit(late);
    // One who stays very long keeps everything, and nothing runs over.
    long patient = readers.enter();
    long last = 0;
    for (int i = 0; i < 1000; i++) {
      last = readers.giveUp();
    }
    assertFalse(readers.doneUpTo(last));
    readers.exit(patient);
    readers.giveUp();
    assertTrue(readers.doneUpTo(last));
  }
}
