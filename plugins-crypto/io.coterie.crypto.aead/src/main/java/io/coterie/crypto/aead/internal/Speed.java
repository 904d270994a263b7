package io.coterie.crypto.aead.internal;

import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.DestroyableKey;
import java.util.function.BooleanSupplier;

/** How fast an implementation seals here, measured in a moment. */
final class Speed {
  private static final int RECORD_BYTES = 16 * 1024;
  private static final long WARM_UP_NANOS = 120_000_000;
  private static final long WINDOW_NANOS = 40_000_000;
  private static final int WINDOWS = 2;

  private final Clock clock;
  private final BooleanSupplier wanted;

  Speed(Clock clock, BooleanSupplier wanted) {
    this.clock = clock;
    this.wanted = wanted;
  }

  /** Megabytes a second, best of two windows; 0 when nobody wants to know any more. */
  int megabytesPerSecond(Aead aead) {
    AeadContext context = aead.newContext();
    byte[] in = new byte[RECORD_BYTES];
    byte[] out = new byte[RECORD_BYTES + Aead.TAG_BYTES];
    byte[] nonce = new byte[Aead.NONCE_BYTES];
    try (DestroyableKey key = new DestroyableKey(new byte[Aead.KEY_BYTES])) {
      run(context, key, nonce, in, out, WARM_UP_NANOS);
      double best = 0;
      for (int i = 0; i < WINDOWS; i++) {
        best = Math.max(best, run(context, key, nonce, in, out, WINDOW_NANOS));
      }
      return wanted.getAsBoolean() ? (int) best : 0;
    }
  }

  private double run(
      AeadContext context, DestroyableKey key, byte[] nonce, byte[] in, byte[] out, long nanos) {
    long begin = clock.monotonicNanos();
    long spent = 0;
    long bytes = 0;
    while (spent < nanos && wanted.getAsBoolean()) {
      next(nonce);
      context.seal(key, nonce, new byte[0], in, 0, in.length, out, 0);
      bytes += in.length;
      spent = clock.monotonicNanos() - begin;
    }
    return spent == 0 ? 0 : bytes * 1000.0 / spent;
  }

  private static void next(byte[] nonce) {
    for (int i = 0; i < nonce.length && ++nonce[i] == 0; i++) {
      // carries
    }
  }
}
