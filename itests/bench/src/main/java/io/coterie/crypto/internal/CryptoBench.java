package io.coterie.crypto.internal;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mlkem.internal.HybridMlKem1024;
import io.coterie.crypto.mlkem.internal.XWingKem;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.generators.MLKEMKeyPairGenerator;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMKeyGenerationParameters;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;

/** Each round: openssl speed and our implementations of the same algorithm, one after the other. */
public final class CryptoBench {
  private static final int[] SIZES = {4096, 16_384};
  private static final Map<String, String> OPENSSL =
      Map.of(
          Aead.AES_256_GCM, "aes-256-gcm",
          Aead.CHACHA20_POLY1305, "chacha20-poly1305");
  private static final String SHA_256 = "SHA-256";

  private CryptoBench() {}

  /** {@code ROUNDS MILLIS}. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    Bench bench = new Bench(new SystemEntropy(), Long.parseLong(args[1]));
    Map<String, List<Double>> ratios = new TreeMap<>();
    for (int round = 1; round <= rounds; round++) {
      for (String algorithm : OPENSSL.keySet()) {
        for (int size : SIZES) {
          compare(bench, algorithm, size, ratios);
        }
      }
      compareSha256(bench, ratios);
    }
    double chacha = 0;
    double aes = 0;
    double sha = 0;
    for (Map.Entry<String, List<Double>> e : ratios.entrySet()) {
      double middle = median(e.getValue());
      System.out.printf(Locale.ROOT, "%-45s %.2f of openssl%n", e.getKey(), middle);
      if (e.getKey().startsWith(SHA_256)) {
        sha = Math.max(sha, middle);
      } else if (e.getKey().startsWith(Aead.AES_256_GCM)) {
        aes = Math.max(aes, middle);
      } else {
        chacha = Math.max(chacha, middle);
      }
    }
    show("X-Wing", bench.measure(new XWingKem()));
    List<Bench.Result> hybrid = bench.measure(new HybridMlKem1024());
    show("X25519+ML-KEM-1024", hybrid);
    List<Bench.Result> classical = bench.measure(new Ed25519Signer());
    List<Bench.Result> postQuantum = bench.measure(new MlDsa65Signer());
    show(Signer.ED25519, classical);
    show(Signer.ML_DSA_65, postQuantum);
    double mlKem768 = mlKem768Millis();
    double rsa2048 = KeyExchanges.show(bench, mlKem768);
    System.out.printf(
        Locale.ROOT,
        "bench crypto: chacha_vs_openssl=%.2f aesgcm_vs_openssl=%.2f mlkem768_ms=%.3f"
            + " mlkem1024_hybrid_ms=%.3f sign_ms=%.3f verify_ms=%.3f sha256_vs_openssl=%.2f"
            + " mlkem768_vs_rsa2048=%.0f%n",
        chacha,
        aes,
        mlKem768,
        sum(hybrid) / 1000,
        (micros(classical, "sign") + micros(postQuantum, "sign")) / 1000,
        (micros(classical, "verify") + micros(postQuantum, "verify")) / 1000,
        sha,
        rsa2048 / mlKem768);
  }

  private static void compare(
      Bench bench, String algorithm, int size, Map<String, List<Double>> ratios)
      throws IOException, CryptoException, InterruptedException {
    double openssl = openssl(OPENSSL.get(algorithm), size);
    for (Aead aead : AeadProviders.all()) {
      if (aead.algorithm().equals(algorithm)) {
        double ours =
            bench.measure(aead).stream()
                .filter(r -> r.operation().equals("seal " + size))
                .findFirst()
                .orElseThrow()
                .megabytesPerSecond();
        ratios
            .computeIfAbsent(
                algorithm + " by " + aead.provider() + ", " + size + " bytes",
                k -> new ArrayList<>())
            .add(ours / openssl);
      }
    }
  }

  private static void compareSha256(Bench bench, Map<String, List<Double>> ratios)
      throws IOException, CryptoException, InterruptedException {
    for (Bench.Result r : bench.measureSha256()) {
      int size = Integer.parseInt(r.operation().substring("digest ".length()));
      ratios
          .computeIfAbsent(SHA_256 + " by the JDK, " + size + " bytes", k -> new ArrayList<>())
          .add(r.megabytesPerSecond() / openssl("sha256", size));
    }
  }

  /** Megabytes a second of processor time, as openssl counts them. */
  private static double openssl(String cipher, int size) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "openssl", "speed", "-mr", "-seconds", "1", "-bytes", "" + size, "-evp", cipher)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    // Its few lines fit the pipe, so it can be waited for first.
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("openssl speed does not end");
    }
    String last = "";
    for (String line : process.inputReader().lines().toList()) {
      last = line.startsWith("+F:") ? line : last;
    }
    return Double.parseDouble(last.substring(last.lastIndexOf(':') + 1)) / 1e6;
  }

  private static void show(String name, List<Bench.Result> results) {
    for (Bench.Result r : results) {
      System.out.printf(Locale.ROOT, "%-20s %-10s %8.1f us%n", name, r.operation(), r.micros());
    }
  }

  private static double micros(List<Bench.Result> results, String operation) {
    return results.stream()
        .filter(r -> r.operation().equals(operation))
        .findFirst()
        .orElseThrow()
        .micros();
  }

  private static double sum(List<Bench.Result> results) {
    return results.stream().mapToDouble(Bench.Result::micros).sum();
  }

  /** ML-KEM-768 alone, as inside X-Wing: keygen, encaps and decaps together, best of nine. */
  private static double mlKem768Millis() {
    SecureRandom random = new SecureRandom();
    MLKEMKeyPairGenerator generator = new MLKEMKeyPairGenerator();
    generator.init(new MLKEMKeyGenerationParameters(random, MLKEMParameters.ml_kem_768));
    double best = Double.MAX_VALUE;
    for (int window = 0; window < 9; window++) {
      int calls = 2_000;
      long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      for (int i = 0; i < calls; i++) {
        AsymmetricCipherKeyPair pair = generator.generateKeyPair();
        SecretWithEncapsulation sent =
            new MLKEMGenerator(random)
                .generateEncapsulated((MLKEMPublicKeyParameters) pair.getPublic());
        new MLKEMExtractor((MLKEMPrivateKeyParameters) pair.getPrivate())
            .extractSecret(sent.getEncapsulation());
      }
      long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin;
      best = Math.min(best, spent / 1e6 / calls);
    }
    return best;
  }

  private static double median(List<Double> values) {
    Collections.sort(values);
    return values.get(values.size() / 2);
  }
}
