package io.coterie.mesh.internal.tls;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;

/**
 * Looks at the first flight of a client before any cryptography is done for it (RFC 8446 section
 * 4.1.2), and finds the one suite it asks for. Everything else is refused here, cheaply.
 */
public final class ClientHello {
  /** A client of ours sends about 1.9 KB. */
  public static final int MAX_BYTES = 4096;

  public static final int RECORD_HEADER_BYTES = 5;
  private static final int TYPE_HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int EXTENSION_GROUPS = 10;
  private static final int EXTENSION_VERSIONS = 43;
  private static final int EXTENSION_KEY_SHARE = 51;
  private static final int TLS13 = 0x0304;
  private static final int RANDOM_BYTES = 32;
  private static final int NO_SECURE_RENEGOTIATION = 0x00ff;

  private ClientHello() {}

  /**
   * What a client asks for.
   *
   * @param random of its hello
   * @param token null when it carries none
   */
  public record Offer(Suite suite, LinkCipher cipher, byte[] random, HelloToken token) {}

  /** Why a client is refused. Counted by reason. */
  public enum Refusal {
    NOT_TLS,
    TOO_LARGE,
    MALFORMED,
    OLD_VERSION,
    NO_POST_QUANTUM_GROUP,
    MIXED_SUITE
  }

  /** A client that is refused. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    RefusedException(Refusal refusal) {
      super(refusal.name());
      this.refusal = refusal;
    }

    public Refusal refusal() {
      return refusal;
    }
  }

  /**
   * How many bytes the first record has, from its header.
   *
   * @param header the first five bytes of the connection
   */
  public static int recordBytes(byte[] header) throws RefusedException {
    if (header[0] != TYPE_HANDSHAKE || header[1] != 3) {
      throw new RefusedException(Refusal.NOT_TLS);
    }
    int length = ((header[3] & 0xff) << 8) | (header[4] & 0xff);
    if (length > MAX_BYTES) {
      throw new RefusedException(Refusal.TOO_LARGE);
    }
    return RECORD_HEADER_BYTES + length;
  }

  /** What the first record asks for. */
  public static Offer offer(byte[] record) throws RefusedException {
    try {
      return parse(new ByteReader(record));
    } catch (MalformedInputException e) {
      throw new RefusedException(Refusal.MALFORMED);
    }
  }

  private static Offer parse(ByteReader in) throws MalformedInputException, RefusedException {
    in.raw(RECORD_HEADER_BYTES);
    if (in.u8() != CLIENT_HELLO) {
      throw new RefusedException(Refusal.MALFORMED);
    }
    in.raw(3); // its length; a hello in several records is refused by running out of bytes
    in.u16();
    byte[] random = in.raw(RANDOM_BYTES);
    in.raw(in.u8());
    ByteReader ciphers = new ByteReader(in.raw(in.u16()));
    in.raw(in.u8());
    ByteReader extensions = new ByteReader(in.raw(in.u16()));
    in.end();
    ByteReader groups = null;
    ByteReader shares = null;
    HelloToken token = null;
    boolean tls13 = false;
    while (extensions.remaining() > 0) {
      int type = extensions.u16();
      ByteReader data = new ByteReader(extensions.raw(extensions.u16()));
      if (type == EXTENSION_GROUPS) {
        groups = new ByteReader(data.raw(data.u16()));
      } else if (type == EXTENSION_KEY_SHARE) {
        shares = new ByteReader(data.raw(data.u16()));
      } else if (type == HelloToken.EXTENSION) {
        token = HelloToken.decode(data.raw(data.remaining()));
      } else if (type == EXTENSION_VERSIONS) {
        ByteReader versions = new ByteReader(data.raw(data.u8()));
        tls13 = versions.remaining() == 2 && versions.u16() == TLS13;
      }
    }
    if (!tls13) {
      throw new RefusedException(Refusal.OLD_VERSION);
    }
    Suite suite = match(groups, shares);
    return new Offer(suite, cipher(suite, ciphers), random, token);
  }

  private static Suite match(ByteReader groups, ByteReader shares)
      throws MalformedInputException, RefusedException {
    if (groups == null || groups.remaining() != 2) {
      throw new RefusedException(Refusal.NO_POST_QUANTUM_GROUP);
    }
    int group = groups.u16();
    for (Suite suite : Suite.values()) {
      if (suite.groupId() == group) {
        checkShare(suite, shares);
        return suite;
      }
    }
    throw new RefusedException(Refusal.NO_POST_QUANTUM_GROUP);
  }

  /** One share, of the group, with its length: there is never a second round. */
  private static void checkShare(Suite suite, ByteReader shares)
      throws MalformedInputException, RefusedException {
    if (shares == null || shares.remaining() == 0) {
      throw new RefusedException(Refusal.NO_POST_QUANTUM_GROUP);
    }
    int group = shares.u16();
    int length = shares.u16();
    if (group != suite.groupId() || length != suite.clientShareBytes()) {
      throw new RefusedException(Refusal.MALFORMED);
    }
    shares.raw(length);
    shares.end();
  }

  private static LinkCipher cipher(Suite suite, ByteReader ciphers)
      throws MalformedInputException, RefusedException {
    LinkCipher found = null;
    while (ciphers.remaining() > 0) {
      int id = ciphers.u16();
      if (id == NO_SECURE_RENEGOTIATION) {
        continue;
      }
      LinkCipher match =
          suite.ciphers().stream().filter(c -> c.id() == id).findFirst().orElse(null);
      if (match == null || found != null) {
        throw new RefusedException(Refusal.MIXED_SUITE);
      }
      found = match;
    }
    if (found == null) {
      throw new RefusedException(Refusal.MIXED_SUITE);
    }
    return found;
  }
}
