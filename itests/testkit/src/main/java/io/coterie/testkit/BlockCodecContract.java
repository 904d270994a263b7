package io.coterie.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.BlockCodec;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every codec of blocks must do. */
@Tag("S1-3.5")
public abstract class BlockCodecContract {
  private final Random random = new Random(4);
  private final BlockCodec codec = codec();

  /** The codec, after its self-test. */
  protected abstract BlockCodec codec();

  private byte[] repetitive(int length) {
    byte[] data = new byte[length];
    for (int i = 0; i < length; i++) {
      data[i] = (byte) (random.nextInt(20) == 0 ? random.nextInt(256) : 'a');
    }
    return data;
  }

  @Test
  protected void whatIsCompressedComesBackWholeAtAnyPlace() throws Exception {
    try (BlockCodec.Context context = codec.newContext()) {
      for (int length : new int[] {1, 100, 4096, 65_536, 1_000_003}) {
        byte[] source = repetitive(length + 10);
        byte[] packed = new byte[length + 1000];
        int size = context.compress(source, 7, length, packed, 13);
        assertTrue(size > 0 && (length < 4096 || size < length / 2), size + " of " + length);
        byte[] expanded = new byte[length + 5];
        context.expand(packed, 13, size, expanded, 5, length);
        assertArrayEquals(
            Arrays.copyOfRange(source, 7, 7 + length), Arrays.copyOfRange(expanded, 5, 5 + length));
      }
    }
  }

  @Test
  protected void whatDoesNotFitIsNotCompressed() {
    byte[] noise = new byte[4096];
    random.nextBytes(noise);
    try (BlockCodec.Context context = codec.newContext()) {
      assertEquals(0, context.compress(noise, 0, noise.length, new byte[4096], 0));
      assertEquals(0, context.compress(noise, 0, noise.length, new byte[10], 0));
    }
  }

  @Test
  protected void whateverIsNoFrameOfThatLengthIsMalformed() {
    byte[] source = repetitive(4096);
    byte[] packed = new byte[8192];
    byte[] expanded = new byte[8192];
    try (BlockCodec.Context context = codec.newContext()) {
      int size = context.compress(source, 0, source.length, packed, 0);
      for (int length = 0; length < size; length += 7) {
        int cut = length;
        assertThrows(
            MalformedInputException.class, () -> context.expand(packed, 0, cut, expanded, 0, 4096));
      }
      for (int wrong : new int[] {0, 1, 4095, 4097, 8192}) {
        assertThrows(
            MalformedInputException.class,
            () -> context.expand(packed, 0, size, expanded, 0, wrong),
            "as " + wrong);
      }
      for (int i = 0; i < 2000; i++) {
        byte[] garbage = new byte[random.nextInt(200)];
        random.nextBytes(garbage);
        assertThrows(
            MalformedInputException.class,
            () -> context.expand(garbage, 0, garbage.length, expanded, 0, 4096));
      }
    }
  }
}
