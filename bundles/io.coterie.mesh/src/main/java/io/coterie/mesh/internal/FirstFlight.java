package io.coterie.mesh.internal;

import io.coterie.mesh.internal.tls.ClientHello;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Gathers the first record of an incoming connection and decides about it before any cryptography
 * is done. What it lets pass goes on to the TLS handler that it makes.
 */
final class FirstFlight implements ConnectionHandler {
  private final Connection connection;
  private final BiFunction<Connection, ClientHello.Offer, ConnectionHandler> accepted;
  private final Consumer<String> refused;
  private byte[] bytes = new byte[0];
  private ConnectionHandler next;
  private boolean over;

  FirstFlight(
      Connection connection,
      BiFunction<Connection, ClientHello.Offer, ConnectionHandler> accepted,
      Consumer<String> refused) {
    this.connection = connection;
    this.accepted = accepted;
    this.refused = refused;
  }

  @Override
  public void onData(ByteBuffer data) {
    if (next != null) {
      next.onData(data);
      return;
    }
    if (over) {
      data.position(data.limit());
      return;
    }
    int at = bytes.length;
    bytes = Arrays.copyOf(bytes, at + data.remaining());
    data.get(bytes, at, data.remaining());
    try {
      if (bytes.length < ClientHello.RECORD_HEADER_BYTES) {
        return;
      }
      int length = ClientHello.recordBytes(bytes);
      if (bytes.length < length) {
        return;
      }
      ClientHello.Offer offer = ClientHello.offer(Arrays.copyOf(bytes, length));
      next = accepted.apply(connection, offer);
      if (next == null) {
        over = true; // refused, counted and closed there
      } else {
        next.onData(ByteBuffer.wrap(bytes));
      }
      bytes = new byte[0];
    } catch (ClientHello.RefusedException e) {
      refuse(e.refusal().name());
    }
  }

  private void refuse(String reason) {
    over = true;
    refused.accept(reason);
    connection.close();
  }

  /** Ends it when the first record did not come in time. */
  void expire() {
    connection
        .eventThread()
        .execute(
            () -> {
              if (next == null && !over) {
                refuse("TOO_SLOW");
              }
            });
  }

  @Override
  public void onWritable() {
    if (next != null) {
      next.onWritable();
    }
  }

  @Override
  public void onClosed(Throwable reason) {
    if (next != null) {
      next.onClosed(reason);
    } else if (!over) {
      over = true;
      refused.accept("LEFT_EARLY");
    }
  }
}
