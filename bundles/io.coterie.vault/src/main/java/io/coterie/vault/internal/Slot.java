package io.coterie.vault.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Aead;

/**
 * One way to the vault key.
 *
 * @param method what the wrapping key comes from
 * @param parameters how, in the form of the method; not secret
 * @param salt fresh for each wrapping, so that a wrapping key is used once
 * @param check tells a wrong wrapping key, and binds the slot to one key only
 * @param wrapped the vault key and a tag
 */
record Slot(Method method, byte[] parameters, byte[] salt, byte[] check, byte[] wrapped) {
  static final int SALT_BYTES = 32;
  static final int CHECK_BYTES = 32;
  private static final int WRAPPED_BYTES = Aead.KEY_BYTES + Aead.TAG_BYTES;
  private static final int MAX_PARAMETER_BYTES = 4 * 1024;

  /** Where a wrapping key comes from. The codes are part of the format. */
  enum Method {
    KEY_FILE(1, "key file"),
    PASSPHRASE(2, "passphrase"),
    TPM(3, "TPM");

    private final int code;
    private final String words;

    Method(int code, String words) {
      this.code = code;
      this.words = words;
    }

    String words() {
      return words;
    }

    static Method of(int code) throws MalformedInputException {
      for (Method method : values()) {
        if (method.code == code) {
          return method;
        }
      }
      throw new MalformedInputException("method " + code + " is unknown");
    }
  }

  /** What a wrapping is bound to besides its key. */
  static byte[] context(Method method, byte[] parameters) {
    return new ByteWriter().u8(method.code).bytes(parameters).toByteArray();
  }

  void encode(ByteWriter out) {
    out.raw(context(method, parameters)).raw(salt).raw(check).raw(wrapped);
  }

  static Slot decode(ByteReader in) throws MalformedInputException {
    return new Slot(
        Method.of(in.u8()),
        in.bytes(MAX_PARAMETER_BYTES),
        in.raw(SALT_BYTES),
        in.raw(CHECK_BYTES),
        in.raw(WRAPPED_BYTES));
  }

  @Override
  public String toString() {
    return "Slot[" + method.words() + "]";
  }
}
