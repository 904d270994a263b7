package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import java.util.Arrays;

/**
 * The first frame of each connection, both ways. Generation 1 makes a link; a higher one moves a
 * link to this connection, or goes on with one whose connection died. Each is signed with the
 * session's Ed25519 key over the connection's exporter: the second of the two signatures of a
 * handshake.
 *
 * @param step what it is
 * @param verdict {@link #YES} but in an answer that refuses
 * @param linkId 16 bytes that the dialler of the first connection chose
 * @param generation in a refusal for now, the one that the answering side has
 * @param received when a link goes on: how many frames of streams the sender has taken
 */
record Hello(int step, int verdict, byte[] linkId, long generation, long received) {
  static final int LINK_ID_BYTES = 16;
  static final int SIGNATURE_BYTES = 64;
  static final int OFFER = 0;
  static final int ANSWER = 1;
  static final int CONFIRMATION = 2;
  static final int RESUME = 3;

  /** There is no such link, and there will be none. */
  static final int UNKNOWN = 0;

  static final int YES = 1;

  /** Not now: this side offers one itself, or is further. */
  static final int BUSY = 2;

  private static final int VERSION = 3;
  private static final int TEXT_BYTES = 3 + LINK_ID_BYTES + 2 * Long.BYTES;

  static Hello of(int step, byte[] linkId, long generation) {
    return new Hello(step, YES, linkId, generation, 0);
  }

  boolean accepted() {
    return verdict == YES;
  }

  /** Whether it speaks of this link and this generation. */
  boolean speaksOf(byte[] link, long thatGeneration) {
    return Arrays.equals(linkId, link) && generation == thatGeneration;
  }

  /** What is signed. */
  byte[] text() {
    return new ByteWriter()
        .u8(VERSION)
        .u8(step)
        .u8(verdict)
        .raw(linkId)
        .u64(generation)
        .u64(received)
        .toByteArray();
  }

  Frame frame(byte[] signature) {
    byte[] payload = new ByteWriter().raw(text()).raw(signature).toByteArray();
    return Frame.of(FrameType.HELLO, 0, 0, payload);
  }

  /** The signature that a frame carries; the frame is a hello. */
  static byte[] signature(Frame frame) {
    return Arrays.copyOfRange(frame.bytes(), TEXT_BYTES, frame.length());
  }

  static Hello decode(Frame frame) throws MalformedInputException {
    if (frame.type() != FrameType.HELLO) {
      throw new MalformedInputException("the first frame is " + frame.type());
    }
    ByteReader in = new ByteReader(frame.bytes());
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("link protocol version " + version + " is unknown");
    }
    int step = in.u8();
    Hello hello = new Hello(step, in.u8(), in.raw(LINK_ID_BYTES), in.u64(), in.u64());
    in.raw(SIGNATURE_BYTES);
    in.end();
    if (hello.generation() < 1 || hello.received() < 0) {
      throw new MalformedInputException(
          "generation " + hello.generation() + ", received " + hello.received());
    }
    return hello;
  }
}
