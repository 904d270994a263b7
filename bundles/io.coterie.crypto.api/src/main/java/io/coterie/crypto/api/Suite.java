package io.coterie.crypto.api;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;

/** A named set of algorithms for links. A user picks a suite, never a cipher. */
public enum Suite {
  STANDARD("standard", "X25519MLKEM768", 0x11EC, "TLS_AES_256_GCM_SHA384", 0x1302),
  MAX("max", "SecP384r1MLKEM1024", 0x11ED, "TLS_CHACHA20_POLY1305_SHA256", 0x1303);

  private final String label;
  private final String group;
  private final int groupId;
  private final String cipherSuite;
  private final int cipherSuiteId;

  Suite(String label, String group, int groupId, String cipherSuite, int cipherSuiteId) {
    this.label = label;
    this.group = group;
    this.groupId = groupId;
    this.cipherSuite = cipherSuite;
    this.cipherSuiteId = cipherSuiteId;
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

  public String cipherSuite() {
    return cipherSuite;
  }

  public int cipherSuiteId() {
    return cipherSuiteId;
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
