package io.coterie.control.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import org.apache.karaf.shell.api.console.SignalListener;
import org.apache.karaf.shell.api.console.Terminal;
import org.jline.terminal.Size;
import org.jline.terminal.impl.ExternalTerminal;

/** The client's terminal, seen by the container's console. */
final class ClientTerminal extends ExternalTerminal implements Terminal {
  private final SignalListeners listeners = new SignalListeners();

  ClientTerminal(ConsoleRunner.Size size, OutputStream out) throws IOException {
    super(
        null,
        "coterie",
        size.type(),
        new ByteArrayInputStream(new byte[0]),
        out,
        StandardCharsets.UTF_8,
        SignalHandler.SIG_DFL,
        true);
    setSize(new Size(size.columns(), size.rows()));
  }

  void resize(ConsoleRunner.Size size) {
    setSize(new Size(size.columns(), size.rows()));
    raise(org.jline.terminal.Terminal.Signal.WINCH);
    listeners.raise(org.apache.karaf.shell.api.console.Signal.WINCH);
  }

  @Override
  public int getWidth() {
    return getSize().getColumns();
  }

  @Override
  public int getHeight() {
    return getSize().getRows();
  }

  @Override
  public boolean isAnsiSupported() {
    return true;
  }

  @Override
  public boolean isEchoEnabled() {
    return echo();
  }

  @Override
  public void setEchoEnabled(boolean enabled) {
    echo(enabled);
  }

  @Override
  public void addSignalListener(
      SignalListener listener, org.apache.karaf.shell.api.console.Signal... signals) {
    listeners.add(listener, EnumSet.copyOf(Arrays.asList(signals)));
  }

  @Override
  public void addSignalListener(
      SignalListener listener, EnumSet<org.apache.karaf.shell.api.console.Signal> signals) {
    listeners.add(listener, signals);
  }

  @Override
  public void addSignalListener(SignalListener listener) {
    listeners.add(listener, EnumSet.allOf(org.apache.karaf.shell.api.console.Signal.class));
  }

  @Override
  public void removeSignalListener(SignalListener listener) {
    listeners.remove(listener);
  }
}
