package io.coterie.identity.internal.roster;

import io.coterie.mesh.api.Role;
import io.coterie.testkit.MemoryIdentity;
import io.coterie.testkit.Mutations;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A slice of the fuzzing campaign. */
@Tag("S0-3.2")
class RosterFuzzTest {
  private static final int ROUNDS = Integer.getInteger("coterie.fuzz", 4_000);

  @Test
  void whateverIsWrittenByWhomeverTheRulesHold() {
    Random random = new Random(11);
    List<byte[]> programs = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      byte[] program = new byte[6 * (2 + random.nextInt(20))];
      random.nextBytes(program);
      // Mostly by admins of the first generation, so that many entries count.
      for (int at = 4; at < program.length; at += 6) {
        program[at] &= 3;
        program[at + 1] = 0;
      }
      programs.add(program);
    }
    new Mutations(12)
        .run(RosterRulesFuzz.class, programs, ROUNDS, RosterRulesFuzz::fuzzerTestOneInput);
  }

  @Test
  void anEntryHasOneEncoding() throws Exception {
    Authors authors = new Authors();
    MemoryIdentity founder = authors.device("founder");
    RosterTree tree = authors.tree();
    tree.add(authors.genesis(founder, 0, true));
    tree.add(authors.next(tree, authors.add(authors.device("b"), Role.ADMIN, Role.DATA), founder));
    List<byte[]> seeds = tree.entries().stream().map(EntryCodec::encode).toList();
    new Mutations(13)
        .run(RosterBytesFuzz.class, seeds, ROUNDS, RosterBytesFuzz::fuzzerTestOneInput);
  }
}
