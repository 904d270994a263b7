package io.coterie.control.internal;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * The client's standard input. It is asked for only when the command reads, so that a command which
 * reads nothing eats nothing of its caller's input, and at most one frame waits here.
 */
final class ClientInput extends InputStream {
  private static final byte[] HIDDEN = {'h'};

  private final Frames frames;
  private final Showing showing;
  private final Queue<byte[]> arrived = new ArrayDeque<>();
  private byte[] current = new byte[0];
  private int at;
  private boolean asked;
  private boolean hidden;
  private boolean ended;

  /** Shows the client what the command has written. */
  interface Showing {
    void show() throws IOException;
  }

  ClientInput(Frames frames, Showing showing) {
    this.frames = frames;
    this.showing = showing;
  }

  synchronized void arrived(byte[] data) {
    arrived.add(data);
    asked = false;
    notifyAll();
  }

  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** What is asked for from now on is a secret, or no more: the terminal shall not show it. */
  synchronized void hide(boolean secret) {
    hidden = secret;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public synchronized int read(byte[] target, int offset, int lengthBytes) throws IOException {
    if (lengthBytes == 0) {
      return 0;
    }
    while (at == current.length) {
      byte[] next = arrived.poll();
      if (next != null) {
        current = next;
        at = 0;
      } else if (ended) {
        return -1;
      } else {
        awaitMore();
      }
    }
    int part = Math.min(lengthBytes, current.length - at);
    System.arraycopy(current, at, target, offset, part);
    Arrays.fill(current, at, at + part, (byte) 0); // it may be a passphrase
    at += part;
    return part;
  }

  /** Waits as long as the client lives: its hang-up ends the input and interrupts the command. */
  private void awaitMore() throws IOException {
    if (!asked) {
      asked = true;
      showing.show();
      byte[] how = hidden ? HIDDEN : new byte[0];
      frames.write(FrameType.WANT_INPUT, how, 0, how.length);
    }
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public synchronized int available() {
    return current.length - at + (arrived.isEmpty() ? 0 : arrived.peek().length);
  }
}
