package io.coterie.crypto.internal;

import io.coterie.base.codec.Sha256;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures algorithms in processor time of the calling thread, so that other load on the machine
 * counts for little. The best of several windows stands.
 */
public final class Bench {
  private static final int[] SIZES = {4096, 16_384};
  private static final int WINDOWS = 5;
  private static final int WARM_UP_WINDOWS = 4;
  private static final int MESSAGE_BYTES = 200;

  private final Entropy entropy;
  private final long windowNanos;
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  /**
   * For one calling thread.
   *
   * @param windowMillis of each of nine windows an operation
   */
  public Bench(Entropy entropy, long windowMillis) {
    this.entropy = entropy;
    this.windowNanos = windowMillis * 1_000_000;
  }

  /**
   * A result.
   *
   * @param operation for instance {@code seal 4096}
   * @param micros processor time of one call
   * @param megabytesPerSecond for operations on data, else null
   */
  public record Result(String operation, double micros, Double megabytesPerSecond) {}

  interface Step {
    void run() throws CryptoException;
  }

  /** Everything that an implementation does. */
  public List<Result> measure(Object service) throws CryptoException {
    List<Result> results = new ArrayList<>();
    if (service instanceof Aead aead) {
      for (int size : SIZES) {
        measure(aead, size, results);
      }
    } else if (service instanceof Kem kem) {
      KemKeyPair keys = kem.generate(entropy);
      Encapsulation sent = kem.encapsulate(keys.publicKey(), entropy);
      results.add(time("keygen", () -> kem.generate(entropy)));
      results.add(time("encaps", () -> kem.encapsulate(keys.publicKey(), entropy)));
      results.add(time("decaps", () -> kem.decapsulate(keys.privateKey(), sent.ciphertext())));
    } else if (service instanceof Signer signer) {
      SignatureKeyPair keys = signer.generate(entropy);
      byte[] message = entropy.bytes(MESSAGE_BYTES);
      byte[] signature = signer.sign(keys.privateKey(), message, entropy);
      results.add(time("keygen", () -> signer.generate(entropy)));
      results.add(
          time(
              "sign",
              () -> {
                message[0]++; // the time of signing depends on the message
                signer.sign(keys.privateKey(), message, entropy);
              }));
      results.add(time("verify", () -> signer.verify(keys.publicKey(), message, signature)));
    } else if (service instanceof PasswordHash hash) {
      byte[] salt = entropy.bytes(2 * PasswordHash.MIN_SALT_BYTES);
      PasswordHash.Cost cost = PasswordHash.Cost.recommended();
      results.add(time("derive", () -> hash.derive(salt, salt, cost, Aead.KEY_BYTES)));
    }
    return results;
  }

  /** SHA-256, which names keys and entries everywhere. */
  public List<Result> measureSha256() throws CryptoException {
    List<Result> results = new ArrayList<>();
    for (int size : SIZES) {
      byte[] data = entropy.bytes(size);
      results.add(withThroughput(time("digest " + size, () -> Sha256.of(data)), size));
    }
    return results;
  }

  private void measure(Aead aead, int size, List<Result> results) throws CryptoException {
    AeadContext context = aead.newContext();
    byte[] nonce = new byte[Aead.NONCE_BYTES];
    byte[] aad = new byte[24];
    byte[] plain = new byte[size];
    byte[] sealed = new byte[size + Aead.TAG_BYTES];
    try (DestroyableKey key = DestroyableKey.consume(entropy.bytes(Aead.KEY_BYTES))) {
      Result seal =
          time(
              "seal " + size,
              () -> {
                next(nonce);
                context.seal(key, nonce, aad, plain, 0, size, sealed, 0);
              });
      results.add(withThroughput(seal, size));
      Result open =
          time(
              "open " + size,
              () -> context.open(key, nonce, aad, sealed, 0, sealed.length, plain, 0));
      results.add(withThroughput(open, size));
    }
  }

  private static Result withThroughput(Result result, int size) {
    return new Result(result.operation(), result.micros(), size / result.micros());
  }

  private static void next(byte[] nonce) {
    for (int i = 0; i < nonce.length && ++nonce[i] == 0; i++) {
      // carries
    }
  }

  /** Measures anything that is done again and again. */
  Result time(String operation, Step step) throws CryptoException {
    double best = Double.MAX_VALUE;
    for (int window = 0; window < WARM_UP_WINDOWS + WINDOWS; window++) {
      long begin = threads.getCurrentThreadCpuTime();
      long spent = 0;
      long calls = 0;
      while (spent < windowNanos) {
        step.run();
        calls++;
        spent = threads.getCurrentThreadCpuTime() - begin;
      }
      if (window >= WARM_UP_WINDOWS) {
        best = Math.min(best, (double) spent / calls / 1000);
      }
    }
    return new Result(operation, best, null);
  }
}
