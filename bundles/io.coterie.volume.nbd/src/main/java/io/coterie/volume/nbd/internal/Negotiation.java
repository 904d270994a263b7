package io.coterie.volume.nbd.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.volume.api.Access;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** The handshake of one client, up to the choice of an export. */
final class Negotiation {
  private static final byte[] NOTHING = new byte[0];

  private final InputBuffer in;
  private final ReplyBuffer out;
  private final Function<String, Access> exports;
  private boolean structured;
  private boolean allocationContext;

  Negotiation(InputBuffer in, ReplyBuffer out, Function<String, Access> exports) {
    this.in = in;
    this.out = out;
    this.exports = exports;
  }

  /**
   * What was agreed.
   *
   * @param structured whether reads are answered in chunks
   * @param allocationContext whether the client may ask for block status
   */
  record Agreed(Access access, boolean structured, boolean allocationContext) {}

  /** Negotiates; null when the client ended it in good order. */
  Agreed run() throws IOException {
    out.greeting();
    int clientFlags = in.i32();
    if ((clientFlags & ~(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES)) != 0) {
      throw new IOException("client flags " + clientFlags);
    }
    boolean fixed = (clientFlags & Nbd.FLAG_FIXED_NEWSTYLE) != 0;
    boolean zeroes = (clientFlags & Nbd.FLAG_NO_ZEROES) == 0;
    for (int count = 0; count < Nbd.MAX_OPTIONS; count++) {
      if (in.i64() != Nbd.OPTION_MAGIC) {
        throw new IOException("no option magic");
      }
      int option = in.i32();
      if (!fixed && option != Nbd.OPT_EXPORT_NAME) {
        throw new IOException("option " + option + " of a client that knows no answers to options");
      }
      long length = in.u32();
      if (length > Nbd.MAX_OPTION_BYTES) {
        if (option == Nbd.OPT_EXPORT_NAME) {
          throw new IOException("an export name of " + length + " bytes");
        }
        in.skip(length);
        reply(option, Nbd.REP_ERR_TOO_BIG, "the option is too long");
        continue;
      }
      byte[] data = new byte[(int) length];
      in.bytes(data, 0, data.length);
      switch (option) {
        case Nbd.OPT_EXPORT_NAME -> {
          return exportName(new String(data, StandardCharsets.UTF_8), zeroes);
        }
        case Nbd.OPT_ABORT -> {
          out.option(option, Nbd.REP_ACK, NOTHING);
          out.send();
          return null;
        }
        case Nbd.OPT_LIST -> {
          // Export names are secrets: whoever knows one may use it, so none is listed.
          reply(option, length == 0 ? Nbd.REP_ACK : Nbd.REP_ERR_INVALID, "");
        }
        case Nbd.OPT_STRUCTURED_REPLY -> {
          structured |= length == 0;
          reply(option, length == 0 ? Nbd.REP_ACK : Nbd.REP_ERR_INVALID, "");
        }
        case Nbd.OPT_INFO, Nbd.OPT_GO -> {
          Access access = info(option, data);
          if (access != null) {
            return new Agreed(access, structured, allocationContext);
          }
        }
        case Nbd.OPT_LIST_META_CONTEXT, Nbd.OPT_SET_META_CONTEXT -> metaContext(option, data);
        default -> reply(option, Nbd.REP_ERR_UNSUP, "the option is not supported");
      }
      out.send();
    }
    throw new IOException("more than " + Nbd.MAX_OPTIONS + " options");
  }

  private void reply(int option, int type, String text) throws IOException {
    out.option(option, type, text.getBytes(StandardCharsets.UTF_8));
    out.send();
  }

  private Agreed exportName(String name, boolean zeroes) throws IOException {
    Access access;
    try {
      access = exports.apply(name);
    } catch (CoterieException e) {
      throw new IOException("the export was refused: " + e.what(), e);
    }
    out.exportName(access.device().sizeBytes(), flags(access), zeroes);
    return new Agreed(access, structured, allocationContext);
  }

  private int flags(Access access) {
    return Nbd.TRANSMISSION_HAS_FLAGS
        | (access.readOnly() ? Nbd.TRANSMISSION_READ_ONLY : 0)
        | Nbd.TRANSMISSION_FLUSH
        | Nbd.TRANSMISSION_FUA
        | Nbd.TRANSMISSION_TRIM
        | Nbd.TRANSMISSION_WRITE_ZEROES
        | (structured ? Nbd.TRANSMISSION_DF : 0)
        | Nbd.TRANSMISSION_MULTI_CONN
        | Nbd.TRANSMISSION_FAST_ZERO;
  }

  /** Answers INFO and GO; returns the access that GO opened. */
  private Access info(int option, byte[] data) throws IOException {
    ByteBuffer view = ByteBuffer.wrap(data);
    if (data.length < 6) {
      reply(option, Nbd.REP_ERR_INVALID, "the option is too short");
      return null;
    }
    long nameLength = view.getInt() & 0xffffffffL;
    if (nameLength > view.remaining() - 2) {
      reply(option, Nbd.REP_ERR_INVALID, "the name is longer than the option");
      return null;
    }
    byte[] name = new byte[(int) nameLength];
    view.get(name);
    int wanted = view.getShort() & 0xffff;
    if (view.remaining() != 2 * wanted) {
      reply(option, Nbd.REP_ERR_INVALID, "the list of wanted facts has another length");
      return null;
    }
    Access access;
    try {
      access = exports.apply(new String(name, StandardCharsets.UTF_8));
    } catch (CoterieException e) {
      reply(option, refusal(e), e.what());
      return null;
    }
    ByteBuffer export = ByteBuffer.allocate(12).putShort((short) Nbd.INFO_EXPORT);
    export.putLong(access.device().sizeBytes()).putShort((short) flags(access));
    out.option(option, Nbd.REP_INFO, export.array());
    ByteBuffer sizes = ByteBuffer.allocate(14).putShort((short) Nbd.INFO_BLOCK_SIZE);
    sizes.putInt(1).putInt(4096).putInt(Nbd.MAX_REQUEST_BYTES);
    out.option(option, Nbd.REP_INFO, sizes.array());
    out.option(option, Nbd.REP_ACK, NOTHING);
    if (option == Nbd.OPT_GO) {
      out.send();
      return access;
    }
    access.close();
    return null;
  }

  private static int refusal(CoterieException e) {
    if (e.exit() == ExitCode.NOT_FOUND || e.exit() == ExitCode.USAGE) {
      return Nbd.REP_ERR_UNKNOWN;
    }
    return e.exit() == ExitCode.REFUSED ? Nbd.REP_ERR_POLICY : Nbd.REP_ERR_SHUTDOWN;
  }

  private void metaContext(int option, byte[] data) throws IOException {
    ByteBuffer view = ByteBuffer.wrap(data);
    boolean set = option == Nbd.OPT_SET_META_CONTEXT;
    if (set) {
      allocationContext = false;
    }
    if (set && !structured) {
      reply(option, Nbd.REP_ERR_INVALID, "structured replies come first");
      return;
    }
    boolean wanted = false;
    try {
      view.position(4 + checked(view.getInt(), view.remaining()));
      int queries = view.getInt();
      wanted = !set && queries == 0;
      for (int i = 0; i < queries && i <= Nbd.MAX_OPTION_BYTES; i++) {
        byte[] query = new byte[checked(view.getInt(), view.remaining())];
        view.get(query);
        String text = new String(query, StandardCharsets.UTF_8);
        wanted |= text.equals(Nbd.BASE_ALLOCATION) || (!set && text.equals("base:"));
      }
    } catch (java.nio.BufferUnderflowException | IllegalArgumentException e) {
      reply(option, Nbd.REP_ERR_INVALID, "the queries do not fit the option");
      return;
    }
    if (wanted) {
      byte[] name = Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.US_ASCII);
      ByteBuffer context = ByteBuffer.allocate(4 + name.length);
      context.putInt(set ? Nbd.BASE_ALLOCATION_ID : 0).put(name);
      out.option(option, Nbd.REP_META_CONTEXT, context.array());
      allocationContext |= set;
    }
    out.option(option, Nbd.REP_ACK, NOTHING);
  }

  private static int checked(int length, int most) {
    if (length < 0 || length > most) {
      throw new IllegalArgumentException("length " + length);
    }
    return length;
  }
}
