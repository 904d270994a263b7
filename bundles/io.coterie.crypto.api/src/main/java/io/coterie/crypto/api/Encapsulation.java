package io.coterie.crypto.api;

/** What {@link Kem#encapsulate} made: the ciphertext to send and the 32-byte secret to keep. */
public record Encapsulation(byte[] ciphertext, byte[] sharedSecret) {
  @Override
  public String toString() {
    return "Encapsulation[" + ciphertext.length + " byte ciphertext]";
  }
}
