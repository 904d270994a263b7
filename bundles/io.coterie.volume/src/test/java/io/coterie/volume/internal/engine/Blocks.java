package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import java.io.IOException;
import java.util.Random;

/** Blocks of random bytes, known by a seed. */
final class Blocks {
  private static final int BLOCK = 4096;

  private Blocks() {}

  static GuardedDevice writer(LogVolume volume) {
    return new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
  }

  static byte[] block(int seed) {
    byte[] data = new byte[BLOCK];
    new Random(seed).nextBytes(data);
    return data;
  }

  static void write(GuardedDevice device, int lba, int seed) throws IOException {
    device.write((long) lba * BLOCK, block(seed), 0, BLOCK);
  }

  static byte[] read(LogVolume volume, int lba) throws IOException {
    byte[] data = new byte[BLOCK];
    volume.read((long) lba * BLOCK, data, 0, BLOCK);
    return data;
  }
}
