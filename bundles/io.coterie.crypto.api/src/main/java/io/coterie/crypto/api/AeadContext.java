package io.coterie.crypto.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Seals and opens with changing keys and nonces. Not thread-safe. The caller never uses one nonce
 * twice with one key for sealing. Input and output ranges must not overlap. Arrays should hold
 * little more than the data: some providers copy the whole array on each call.
 */
@ProviderType
public interface AeadContext {
  /**
   * Writes {@code lengthBytes} of ciphertext and the tag to the output.
   *
   * @param nonce 12 bytes
   */
  void seal(
      DestroyableKey key,
      byte[] nonce,
      byte[] associatedData,
      byte[] in,
      int inOffset,
      int lengthBytes,
      byte[] out,
      int outOffset);

  /**
   * Reads ciphertext with its tag behind it and writes the plaintext.
   *
   * @param lengthBytes of the input with the tag, at least 16
   * @throws AuthenticationFailedException when anything was altered; the output is then undefined
   */
  void open(
      DestroyableKey key,
      byte[] nonce,
      byte[] associatedData,
      byte[] in,
      int inOffset,
      int lengthBytes,
      byte[] out,
      int outOffset)
      throws AuthenticationFailedException;
}
