package io.coterie.mesh.api;

import io.coterie.crypto.api.SessionCertificate;
import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A sealed connection between a device that invites and one that wants to join. Nobody at its ends
 * is proven yet: that is what is done on it. Used by one thread at a time.
 */
@ProviderType
public interface PairingChannel extends AutoCloseable {
  int MAX_MESSAGE_BYTES = 16 << 20;

  /** 32 bytes that only the two ends of this connection know. */
  byte[] exporter();

  /**
   * What the other end showed in the handshake; its session key proved itself, nothing else did.
   */
  SessionCertificate shown();

  /** The other end, for people. */
  String remote();

  void send(byte[] message) throws IOException;

  /**
   * The next message.
   *
   * @param maxBytes a longer one ends the channel
   * @throws IOException when none came in time or the channel ended
   */
  byte[] receive(int maxBytes, long timeoutMillis) throws IOException;

  @Override
  void close();
}
