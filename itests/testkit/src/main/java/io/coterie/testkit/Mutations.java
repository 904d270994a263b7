package io.coterie.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Feeds a fuzz target with altered seeds: the slice of a fuzzing campaign that runs in every test.
 * The campaign itself is guided by coverage ({@code coterie campaign fuzz}).
 */
public final class Mutations {
  private static final int MAX_CHANGES = 8;

  private final Random random;

  public Mutations(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Runs the target on each seed as it is, then on so many altered ones. With the property {@code
   * coterie.fuzz.corpus} the seeds are also left in that directory, for the campaign.
   *
   * @param name the class of the target
   */
  public void run(Class<?> name, List<byte[]> seeds, int rounds, Consumer<byte[]> target) {
    leave(name, seeds);
    seeds.forEach(seed -> attempt(seed, target));
    for (int i = 0; i < rounds; i++) {
      byte[] input = seeds.get(random.nextInt(seeds.size())).clone();
      for (int changes = 1 + random.nextInt(MAX_CHANGES); changes > 0; changes--) {
        input = change(input);
      }
      attempt(input, target);
    }
  }

  private static void leave(Class<?> name, List<byte[]> seeds) {
    String corpus = System.getProperty("coterie.fuzz.corpus");
    if (corpus == null) {
      return;
    }
    try {
      Path directory = Files.createDirectories(Path.of(corpus, name.getName()));
      for (int i = 0; i < seeds.size(); i++) {
        Files.write(directory.resolve("seed-" + i), seeds.get(i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void attempt(byte[] input, Consumer<byte[]> target) {
    try {
      target.accept(input.clone());
    } catch (RuntimeException | Error e) {
      throw new AssertionError("input " + HexFormat.of().formatHex(input), e);
    }
  }

  private byte[] change(byte[] input) {
    if (input.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(input.length);
    switch (random.nextInt(5)) {
      case 0 -> input[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> input[at] = (byte) random.nextInt();
      case 2 -> {
        return Arrays.copyOf(input, at);
      }
      case 3 -> {
        byte[] longer = Arrays.copyOf(input, input.length + 1 + random.nextInt(16));
        System.arraycopy(input, at, longer, at + longer.length - input.length, input.length - at);
        return longer;
      }
      default -> {
        int from = random.nextInt(input.length);
        int length = Math.min(1 + random.nextInt(32), input.length - Math.max(at, from));
        System.arraycopy(input.clone(), from, input, at, length);
      }
    }
    return input;
  }
}
