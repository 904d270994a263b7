package io.coterie.transport.tcp.internal;

import io.coterie.testkit.TransportContract;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Transport;
import org.junit.jupiter.api.AfterAll;

class TcpTransportTest extends TransportContract {
  private static final TcpTransport TRANSPORT = new TcpTransport();

  @AfterAll
  static void end() throws InterruptedException {
    TRANSPORT.close();
  }

  @Override
  protected Transport transport() {
    return TRANSPORT;
  }

  @Override
  protected Address here() {
    return new Address("tcp", "127.0.0.1", 0);
  }
}
