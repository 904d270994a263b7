package io.coterie.mesh.internal.mux;

/** What a frame is. The numbers are on the wire: docs/formats/link.md. */
enum FrameType {
  /** First frame of a connection, both ways. */
  HELLO(1),
  OPEN(2),
  OPENED(3),
  DATA(4),
  CREDIT(5),
  FIN(6),
  RESET(7),
  PING(8),
  PONG(9),
  /** The last frame on a connection that is being left. */
  FENCE(10),
  /** How many frames of streams were taken since the link began. */
  ACK(11),
  /** The sender has ended the link. */
  END(12);

  private static final FrameType[] BY_NUMBER = new FrameType[13];

  static {
    for (FrameType type : values()) {
      BY_NUMBER[type.number] = type;
    }
  }

  private final int number;

  FrameType(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  /** True for frames of streams, which are counted, and sent again when a connection died. */
  boolean delivered() {
    return number >= OPEN.number && number <= RESET.number;
  }

  /** The type of that number, or null. */
  static FrameType of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }
}
