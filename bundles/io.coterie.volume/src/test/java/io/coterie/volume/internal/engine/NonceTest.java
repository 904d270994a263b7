package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nothing is ever sealed twice under one key and nonce: over crashes, copies that go on side by
 * side, old copies put back, failed writes, cleaning and new keys.
 */
@Tag("S1-7.6")
@Tag("S1-9.5")
@Timeout(120)
class NonceTest {
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 2048;

  @TempDir Path scratch;

  private final Set<String> sealed = ConcurrentHashMap.newKeySet();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 3));
  }

  /** Remembers under what it sealed. */
  private final class Recording implements Aead {
    @Override
    public String algorithm() {
      return Scratch.AEAD.algorithm();
    }

    @Override
    public String provider() {
      return Scratch.AEAD.provider();
    }

    @Override
    public AeadContext newContext() {
      AeadContext real = Scratch.AEAD.newContext();
      return new AeadContext() {
        @Override
        public void seal(
            DestroyableKey key,
            byte[] nonce,
            byte[] associatedData,
            byte[] in,
            int inOffset,
            int lengthBytes,
            byte[] out,
            int outOffset) {
          String used =
              HexFormat.of().formatHex(key.getEncoded()) + HexFormat.of().formatHex(nonce);
          assertTrue(sealed.add(used), "sealed twice under one key and nonce");
          real.seal(key, nonce, associatedData, in, inOffset, lengthBytes, out, outOffset);
        }

        @Override
        public void open(
            DestroyableKey key,
            byte[] nonce,
            byte[] associatedData,
            byte[] in,
            int inOffset,
            int lengthBytes,
            byte[] out,
            int outOffset)
            throws AuthenticationFailedException {
          real.open(key, nonce, associatedData, in, inOffset, lengthBytes, out, outOffset);
        }
      };
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noKeyAndNonceSealTwiceWhateverHappensToTheFiles(long seed) throws Exception {
    Random random = new Random(seed);
    Scratch files =
        new Scratch(Files.createDirectories(scratch.resolve("v")), (long) BLOCKS * BLOCK);
    files.threads = new NoThreads();
    files.aead = new Recording();
    files.policy = new CleaningPolicy(0, 1_000_000, 0, 0, 101, 0);
    VolumeKeys keys = files.keys();
    LogVolume volume = files.open(files.directory, keys, true);
    Path old = null;
    for (int step = 0; step < 60; step++) {
      act(volume, random);
      int kind = random.nextInt(10);
      if (kind < 3) { // a copy goes on beside it, as after a crash
        Path fork = files.copyTo(scratch.resolve("fork"));
        try (LogVolume other = files.open(fork, keys.copy(), false)) {
          act(other, random);
          other.upkeep().clean();
        }
      } else if (kind < 4) {
        old = files.copyTo(scratch.resolve("old"));
      } else if (kind < 5 && old != null) { // an older copy is put back and written on
        try (LogVolume back = files.open(old, keys.copy(), false)) {
          act(back, random);
        }
      } else if (kind < 6) {
        keys.adopt(keys.withNewEpoch(new SystemEntropy(), step));
      } else if (kind < 7) {
        volume.upkeep().reencrypt();
      } else if (kind < 8) {
        VolumeKeys again = keys.copy();
        volume.close();
        keys = again;
        volume = files.open(files.directory, keys, false);
      } else {
        volume.upkeep().clean();
      }
    }
    volume.close();
    assertTrue(sealed.size() > 1000, sealed.size() + " were sealed");
  }

  private static void act(LogVolume volume, Random random) throws IOException {
    GuardedDevice device = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
    byte[] data = new byte[BLOCK * (1 + random.nextInt(60))];
    random.nextBytes(data);
    int lba = random.nextInt(BLOCKS - data.length / BLOCK);
    device.write((long) lba * BLOCK, data, 0, data.length);
    device.flush();
  }
}
