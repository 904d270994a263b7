package io.coterie.volume.nbd.internal;

import io.coterie.base.codec.ByteWriter;
import io.coterie.testkit.Mutations;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A slice of the fuzzing campaign. */
class NbdFuzzTest {
  private static final int ROUNDS = Integer.getInteger("coterie.fuzz", 20_000);
  private static final byte[] NAME = NbdFuzz.EXPORT.getBytes(StandardCharsets.UTF_8);

  private static ByteWriter option(ByteWriter out, int option, byte[] data) {
    return out.u64(Nbd.OPTION_MAGIC).u32(option).bytes(data);
  }

  private static ByteWriter request(ByteWriter out, int flags, int type, long offset, long length) {
    return out.u32(Nbd.REQUEST_MAGIC & 0xffffffffL)
        .u16(flags)
        .u16(type)
        .u64(0x1122334455667788L)
        .u64(offset)
        .u32(length);
  }

  private static byte[] whole(int lastOption) {
    ByteWriter out = new ByteWriter().u32(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
    option(out, Nbd.OPT_STRUCTURED_REPLY, new byte[0]);
    byte[] context =
        new ByteWriter()
            .bytes(NAME)
            .u32(1)
            .bytes("base:allocation".getBytes(StandardCharsets.UTF_8))
            .toByteArray();
    option(out, Nbd.OPT_SET_META_CONTEXT, context);
    option(
        out,
        lastOption,
        lastOption == Nbd.OPT_GO ? new ByteWriter().bytes(NAME).u16(0).toByteArray() : NAME);
    request(out, 0, Nbd.CMD_WRITE, 512, 3).raw(new byte[] {1, 2, 3});
    request(out, Nbd.CMD_FLAG_FUA, Nbd.CMD_WRITE, 4096, 2).raw(new byte[] {4, 5});
    request(out, 0, Nbd.CMD_READ, 500, 5000);
    request(out, Nbd.CMD_FLAG_DF, Nbd.CMD_READ, 0, 100);
    request(out, 0, Nbd.CMD_BLOCK_STATUS, 0, 65_536);
    request(out, 0, Nbd.CMD_WRITE_ZEROES, 600, 1000);
    request(out, 0, Nbd.CMD_TRIM, 0, 65_536);
    request(out, 0, Nbd.CMD_FLUSH, 0, 0);
    request(out, 0, Nbd.CMD_DISC, 0, 0);
    return out.toByteArray();
  }

  @Test
  void whateverAClientSendsItIsServedOrItsConnectionEnds() {
    new Mutations(21)
        .run(
            NbdFuzz.class,
            List.of(whole(Nbd.OPT_GO), whole(Nbd.OPT_EXPORT_NAME)),
            ROUNDS,
            NbdFuzz::fuzzerTestOneInput);
  }
}
