package io.coterie.control.internal.client;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The control protocol's client where there is neither perl nor python. Runs outside the container,
 * with the same arguments and exit codes as {@code ctl.pl}.
 */
public final class ControlClient {
  private static final int UNREACHABLE = 125;
  private static final int MAX_FRAME_BYTES = 1 << 20;
  private static final int FIRST_WORD = 4;

  private final SocketChannel channel;

  private ControlClient(SocketChannel channel) {
    this.channel = channel;
  }

  /** {@code SOCKET DEADLINE_MS DEBUG run|console WORD...}. */
  public static void main(String[] arguments) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(arguments[0]));
    } catch (IOException e) {
      System.exit(UNREACHABLE);
    }
    System.exit(new ControlClient(channel).run(arguments));
  }

  private int run(String[] arguments) throws IOException {
    String[] words = Arrays.copyOfRange(arguments, FIRST_WORD, arguments.length);
    boolean console = arguments[3].equals("console");
    if (console) {
      put('C', String.join(" ", words).getBytes(StandardCharsets.UTF_8));
      pump();
    } else {
      for (String word : words) {
        put('A', word.getBytes(StandardCharsets.UTF_8));
      }
      put('W', System.getProperty("user.dir").getBytes(StandardCharsets.UTF_8));
      if (!arguments[1].equals("0")) {
        put('T', arguments[1].getBytes(StandardCharsets.US_ASCII));
      }
      if (arguments[2].equals("1")) {
        put('D', new byte[0]);
      }
      put('R', new byte[0]);
    }
    return answer(console);
  }

  private int answer(boolean console) throws IOException {
    try (DataInputStream in = new DataInputStream(Channels.newInputStream(channel))) {
      while (true) {
        int type = in.read();
        if (type < 0) {
          return 1;
        }
        int length = in.readInt();
        if (length < 0 || length > MAX_FRAME_BYTES) {
          return 1;
        }
        byte[] data = in.readNBytes(length);
        switch (type) {
          case '1' -> write(System.out, data);
          case '2' -> write(System.err, data);
          case 'r' -> {
            if (!console) {
              if (data.length == 1 && data[0] == 'h' && stty("-g")) {
                sendSecret();
              } else {
                sendInput(System.in);
              }
            }
          }
          case 'x' -> {
            return ByteBuffer.wrap(data).getInt();
          }
          default -> {
            // a newer device may say more
          }
        }
      }
    }
  }

  /** Java alone cannot keep a terminal from showing what is typed. */
  private void sendSecret() throws IOException {
    Thread shown = new Thread(() -> stty("echo"));
    Runtime.getRuntime().addShutdownHook(shown);
    stty("-echo");
    try {
      sendInput(System.in);
    } finally {
      stty("echo");
      Runtime.getRuntime().removeShutdownHook(shown);
    }
  }

  /** False when standard input is no terminal. */
  private static boolean stty(String how) {
    try {
      return new ProcessBuilder("stty", how)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void write(PrintStream target, byte[] data) {
    target.write(data, 0, data.length);
    target.flush();
  }

  /** In a console input flows by itself. */
  private void pump() {
    Thread keys =
        new Thread(
            () -> {
              try {
                while (sendInput(System.in)) {
                  // until the end of the input
                }
              } catch (IOException e) {
                System.err.println(e.getMessage());
              }
            });
    keys.setDaemon(true);
    keys.start();
  }

  private boolean sendInput(InputStream in) throws IOException {
    byte[] buffer = new byte[32 * 1024];
    int count = in.read(buffer);
    if (count < 0) {
      put('e', new byte[0]);
      return false;
    }
    put('i', Arrays.copyOf(buffer, count));
    return true;
  }

  private synchronized void put(char type, byte[] data) throws IOException {
    OutputStream out = Channels.newOutputStream(channel);
    ByteBuffer frame = ByteBuffer.allocate(5 + data.length);
    out.write(frame.put((byte) type).putInt(data.length).put(data).array());
  }
}
