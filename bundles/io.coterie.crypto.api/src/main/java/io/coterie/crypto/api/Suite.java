package io.coterie.crypto.api;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.List;

/**
 * A named set of algorithms for links. A user picks a suite, never a cipher. The later constant is
 * the stronger one.
 */
public enum Suite {
  STANDARD(
      "standard",
      "X25519MLKEM768",
      0x11EC,
      1216,
      List.of(LinkCipher.AES_256_GCM, LinkCipher.CHACHA20_POLY1305),
      Signer.ML_DSA_65),
  MAX(
      "max",
      "SecP384r1MLKEM1024",
      0x11ED,
      1665,
      List.of(LinkCipher.CHACHA20_POLY1305),
      Signer.ML_DSA_87);

  private final String label;
  private final String group;
  private final int groupId;
  private final int clientShareBytes;
  private final List<LinkCipher> ciphers;
  private final String signature;

  Suite(
      String label,
      String group,
      int groupId,
      int clientShareBytes,
      List<LinkCipher> ciphers,
      String signature) {
    this.label = label;
    this.group = group;
    this.groupId = groupId;
    this.clientShareBytes = clientShareBytes;
    this.ciphers = ciphers;
    this.signature = signature;
  }

  /** The word people use: {@code standard} or {@code max}. */
  public String label() {
    return label;
  }

  /** The TLS named group. */
  public String group() {
    return group;
  }

  /** The group's number in the IANA registry. */
  public int groupId() {
    return groupId;
  }

  /** The length of a client's key share of the group. */
  public int clientShareBytes() {
    return clientShareBytes;
  }

  /** What a link of this suite may be protected with. */
  public List<LinkCipher> ciphers() {
    return ciphers;
  }

  /** What a device offers when it dials: the one that its processor does well. */
  public LinkCipher cipherFor(ProcessorFeatures processor) {
    return ciphers.stream()
        .filter(c -> c.aead().equals(processor.preferredAead()))
        .findFirst()
        .orElse(ciphers.get(0));
  }

  /** The post-quantum signature of its session certificates; Ed25519 always stands beside it. */
  public String signature() {
    return signature;
  }

  /**
   * The suite of that name.
   *
   * @throws CoterieException COT-0201 for an unknown name
   */
  public static Suite parse(String label) {
    for (Suite suite : values()) {
      if (suite.label.equals(label)) {
        return suite;
      }
    }
    throw CoterieException.of(
        "COT-0201", ExitCode.USAGE, "'" + label + "' is no suite", "standard or max");
  }
}
