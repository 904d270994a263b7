package io.coterie.mesh.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.Stream;
import java.io.EOFException;
import java.io.IOException;
import java.util.regex.Pattern;

/** Requests and answers on a stream: a length and the bytes; an answer begins with its status. */
final class RpcCodec {
  private static final int OK = 0;
  private static final int ERROR = 1;
  private static final int MAX_TEXT_BYTES = 4096;
  private static final Pattern CODE = Pattern.compile("COT-[0-9]{4}");

  private RpcCodec() {}

  static void send(Stream stream, byte[] message, long timeoutMillis) throws IOException {
    if (message.length > RpcHandler.MAX_MESSAGE_BYTES) {
      throw new IOException("a message of " + message.length + " bytes");
    }
    byte[] framed = new ByteWriter().bytes(message).toByteArray();
    stream.write(framed, 0, framed.length, timeoutMillis);
    stream.finish();
  }

  static byte[] receive(Stream stream, long timeoutMillis) throws IOException {
    byte[] head = exactly(stream, new byte[4], timeoutMillis);
    long length = new ByteReader(head).u32();
    if (length > RpcHandler.MAX_MESSAGE_BYTES) {
      throw new MalformedInputException("a message of " + length + " bytes");
    }
    return exactly(stream, new byte[(int) length], timeoutMillis);
  }

  private static byte[] exactly(Stream stream, byte[] target, long timeoutMillis)
      throws IOException {
    int done = 0;
    while (done < target.length) {
      int count = stream.read(target, done, target.length - done, timeoutMillis);
      if (count < 0) {
        throw new EOFException("the message is cut off");
      }
      done += count;
    }
    return target;
  }

  static byte[] answer(byte[] result) {
    return new ByteWriter().u8(OK).raw(result).toByteArray();
  }

  static byte[] error(CoterieException e) {
    return new ByteWriter()
        .u8(ERROR)
        .text(e.code())
        .u8(e.exit().code())
        .text(limited(e.what()))
        .text(limited(e.next()))
        .toByteArray();
  }

  private static String limited(String text) {
    return text.length() > MAX_TEXT_BYTES / 4 ? text.substring(0, MAX_TEXT_BYTES / 4) : text;
  }

  /** A peer's words go to a terminal: no control characters. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  /** The result in an answer, or the error that it carries. */
  static byte[] result(byte[] answer) throws IOException {
    ByteReader in = new ByteReader(answer);
    if (in.u8() == OK) {
      return in.raw(in.remaining());
    }
    String code = in.text(MAX_TEXT_BYTES);
    ExitCode exit = ExitCode.of(in.u8());
    String what = printable(in.text(MAX_TEXT_BYTES));
    String next = printable(in.text(MAX_TEXT_BYTES));
    if (!CODE.matcher(code).matches() || exit == ExitCode.OK) {
      throw new MalformedInputException("an error without a code, or with a good exit");
    }
    throw CoterieException.of(code, exit, what, next);
  }
}
