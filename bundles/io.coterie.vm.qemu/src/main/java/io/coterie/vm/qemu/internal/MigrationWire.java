package io.coterie.vm.qemu.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import java.util.ArrayList;
import java.util.List;

/** What the two ends of a migration say to each other by RPC. Format: docs/formats/migration.md. */
final class MigrationWire {
  static final String CONTROL_SERVICE = "vm-migrate";
  static final String MEMORY_SERVICE = "vm-memory";
  static final String FILE_SERVICE = "vm-file";
  static final int MAX_TEXT_BYTES = 16 * 1024;
  private static final int VERSION = 1;

  private MigrationWire() {}

  /** The requests. */
  enum Act {
    /** Take this machine: answer with the boot files that are missing, or start its process. */
    PREPARE,
    /** Did the guest start to run there? Waits for it for a while. */
    AWAIT_RUNNING,
    /** Give it up: kill the process, unless the guest runs there already. */
    ABORT
  }

  /**
   * One request.
   *
   * @param definition the machine, for PREPARE; else empty
   * @param kvm how the source runs it
   */
  record Request(Act act, String uuid, String name, byte[] definition, boolean kvm) {
    byte[] encode() {
      return new ByteWriter()
          .u8(VERSION)
          .u8(act.ordinal())
          .text(uuid)
          .text(name)
          .bytes(definition)
          .u8(kvm ? 1 : 0)
          .toByteArray();
    }

    static Request decode(byte[] bytes) throws MalformedInputException {
      ByteReader in = new ByteReader(bytes);
      int version = in.u8();
      int act = in.u8();
      if (version != VERSION || act >= Act.values().length) {
        throw new MalformedInputException("migration request " + version + "/" + act);
      }
      Request request =
          new Request(
              Act.values()[act], in.text(64), in.text(64), in.bytes(MAX_TEXT_BYTES), in.u8() == 1);
      in.end();
      return request;
    }
  }

  /**
   * The answer.
   *
   * @param running the guest runs at the target
   * @param missing digests of boot files to send before another PREPARE
   */
  record Answer(boolean running, List<String> missing) {
    byte[] encode() {
      ByteWriter out = new ByteWriter().u8(running ? 1 : 0).u8(missing.size());
      missing.forEach(out::text);
      return out.toByteArray();
    }

    static Answer decode(byte[] bytes) throws MalformedInputException {
      ByteReader in = new ByteReader(bytes);
      boolean running = in.u8() == 1;
      int count = in.u8();
      List<String> missing = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        missing.add(in.text(64));
      }
      in.end();
      return new Answer(running, missing);
    }
  }
}
