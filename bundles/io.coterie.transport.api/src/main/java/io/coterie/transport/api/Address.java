package io.coterie.transport.api;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a device can be reached over a transport: {@code tcp://host:port}.
 *
 * @param transport the transport's id
 * @param host a name or a literal address; IPv6 without brackets
 * @param port 0 to 65535; 0 lets a listener choose
 */
public record Address(String transport, String host, int port) {
  private static final Pattern FORM =
      Pattern.compile(
          "([a-z0-9]{1,16})://(\\[[0-9a-fA-F:.]{2,45}\\]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5})");

  /**
   * Reads an address.
   *
   * @throws CoterieException COT-0401 when the text is no address
   */
  public static Address parse(String text) {
    Matcher m = FORM.matcher(text == null ? "" : text);
    if (m.matches() && Integer.parseInt(m.group(3)) <= 65535) {
      String host = m.group(2).replaceAll("[\\[\\]]", "");
      return new Address(m.group(1), host, Integer.parseInt(m.group(3)));
    }
    throw CoterieException.of(
        "COT-0401", ExitCode.USAGE, "'" + text + "' is no address", "tcp://HOST:PORT");
  }

  @Override
  public String toString() {
    return transport + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
