package io.coterie.identity.internal.pairing;

import io.coterie.transport.api.Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The addresses under which others may reach a door that is open on every interface. */
public final class Reachable {
  private static final int MAX = 8;

  private Reachable() {}

  /** From the address of the door; empty when it is shut. */
  public static List<String> addresses(String door) {
    if (door == null) {
      return List.of();
    }
    Address address = Address.parse(door);
    boolean any =
        address.host().equals("0.0.0.0")
            || address.host().equals("::")
            || address.host().equals("0:0:0:0:0:0:0:0");
    if (!any) {
      return List.of(door);
    }
    List<String> found = new ArrayList<>();
    try {
      for (NetworkInterface card : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        if (card.isUp() && !card.isLoopback()) {
          for (InetAddress a : Collections.list(card.getInetAddresses())) {
            if (!a.isLinkLocalAddress() && !(a instanceof Inet6Address)) {
              found.add(new Address("tcp", a.getHostAddress(), address.port()).toString());
            }
          }
        }
      }
    } catch (SocketException e) {
      return List.of(); // the person knows the address and gives it
    }
    return found.subList(0, Math.min(found.size(), MAX));
  }
}
