package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;

/**
 * The first frame of each connection, both ways. Generation 1 makes a link; a higher one moves a
 * link to this connection.
 *
 * @param linkId 16 bytes that the dialler chose
 * @param accepted false in an answer that refuses the move
 */
record Hello(byte[] linkId, long generation, boolean accepted) {
  static final int LINK_ID_BYTES = 16;
  private static final int VERSION = 1;

  Frame frame() {
    byte[] payload =
        new ByteWriter().u8(VERSION).u8(accepted ? 1 : 0).raw(linkId).u64(generation).toByteArray();
    return Frame.of(FrameType.HELLO, 0, 0, payload);
  }

  static Hello decode(Frame frame) throws MalformedInputException {
    if (frame.type() != FrameType.HELLO) {
      throw new MalformedInputException("the first frame is " + frame.type());
    }
    ByteReader in = new ByteReader(frame.payload());
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("link protocol version " + version + " is unknown");
    }
    boolean accepted = in.u8() == 1;
    Hello hello = new Hello(in.raw(LINK_ID_BYTES), in.u64(), accepted);
    in.end();
    if (hello.generation() < 1) {
      throw new MalformedInputException("generation " + hello.generation());
    }
    return hello;
  }
}
