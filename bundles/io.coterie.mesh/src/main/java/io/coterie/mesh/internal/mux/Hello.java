package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import java.util.Arrays;

/**
 * The first frame of each connection, both ways. Generation 1 makes a link; a higher one moves a
 * link to this connection. Each is signed with the session's Ed25519 key over the connection's
 * exporter: the second of the two signatures of a handshake.
 *
 * @param step 0 the dialler's offer, 1 the answer, 2 the dialler's confirmation of a move
 * @param linkId 16 bytes that the dialler chose
 * @param accepted false in an answer that refuses the move
 */
record Hello(int step, byte[] linkId, long generation, boolean accepted) {
  static final int LINK_ID_BYTES = 16;
  static final int SIGNATURE_BYTES = 64;
  static final int OFFER = 0;
  static final int ANSWER = 1;
  static final int CONFIRMATION = 2;
  private static final int VERSION = 2;
  private static final int TEXT_BYTES = 3 + LINK_ID_BYTES + Long.BYTES;

  /** What is signed. */
  byte[] text() {
    return new ByteWriter()
        .u8(VERSION)
        .u8(step)
        .u8(accepted ? 1 : 0)
        .raw(linkId)
        .u64(generation)
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
    boolean accepted = in.u8() == 1;
    Hello hello = new Hello(step, in.raw(LINK_ID_BYTES), in.u64(), accepted);
    in.raw(SIGNATURE_BYTES);
    in.end();
    if (hello.generation() < 1) {
      throw new MalformedInputException("generation " + hello.generation());
    }
    return hello;
  }
}
