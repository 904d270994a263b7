package io.coterie.mesh.internal.tls;

/** A fuzz target: a stranger's first record, which is read before any cryptography. */
public final class ClientHelloFuzz {
  private ClientHelloFuzz() {}

  /** The target: one whole record. Everything is refused with a word, or is an offer. */
  public static void fuzzerTestOneInput(byte[] record) {
    if (record.length < ClientHello.RECORD_HEADER_BYTES) {
      return; // the caller waits for more
    }
    try {
      if (record.length == ClientHello.recordBytes(record)) {
        ClientHello.Offer offer = ClientHello.offer(record);
        if (offer.suite() == null || offer.random().length != 32) {
          throw new IllegalStateException("half an offer");
        }
      }
    } catch (ClientHello.RefusedException e) {
      // turned away
    }
  }
}
