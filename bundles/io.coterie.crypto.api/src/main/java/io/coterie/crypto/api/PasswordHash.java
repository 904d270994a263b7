package io.coterie.crypto.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes a key of a passphrase, slowly on purpose. Implemented by crypto plugins; thread-safe. One
 * call at a time works, others wait: each takes the memory of its cost.
 */
@ProviderType
public interface PasswordHash {
  /** Service property: the value of {@link #algorithm()}. */
  String ALGORITHM = "algorithm";

  /** RFC 9106. */
  String ARGON2ID = "Argon2id";

  int MIN_SALT_BYTES = 8;

  String algorithm();

  /** Which implementation serves, with its version, for people. */
  String provider();

  /**
   * The key of a passphrase.
   *
   * @param password any bytes; the caller wipes them
   * @param salt at least {@link #MIN_SALT_BYTES} bytes
   * @param lengthBytes of the key, 4 to 64
   * @throws CryptoException when salt, cost or length are out of bounds
   */
  byte[] derive(byte[] password, byte[] salt, Cost cost, int lengthBytes) throws CryptoException;

  /**
   * What one guess costs. The bounds keep a hostile file from taking all memory or time.
   *
   * @param passes 1 to 16
   * @param memoryKib 8 for each lane to 131072
   * @param lanes 1 to 16
   */
  record Cost(int passes, int memoryKib, int lanes) {
    private static final int MAX = 16;
    private static final int MAX_MEMORY_KIB = 128 * 1024;
    private static final int MIN_KIB_PER_LANE = 8;

    /** RFC 9106 section 4, second recommended option. */
    public static Cost recommended() {
      return new Cost(3, 64 * 1024, 4);
    }

    /** Whether it is within the bounds. */
    public boolean allowed() {
      return passes >= 1
          && passes <= MAX
          && lanes >= 1
          && lanes <= MAX
          && memoryKib >= MIN_KIB_PER_LANE * lanes
          && memoryKib <= MAX_MEMORY_KIB;
    }
  }
}
