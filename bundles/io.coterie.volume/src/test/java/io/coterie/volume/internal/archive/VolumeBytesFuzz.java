package io.coterie.volume.internal.archive;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.MapStream;
import io.coterie.volume.internal.format.RootRecord;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeHeader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * A fuzz target: what is read of a volume or an archive before, or after, it is authenticated. It
 * is taken, or refused as malformed; nothing else happens.
 */
public final class VolumeBytesFuzz {
  static final int HEADER = 0;
  static final int SLOT = 1;
  static final int STREAM = 2;
  static final int ROOT = 3;
  static final int ARCHIVE = 4;
  static final int CONTENT = 5;
  private static final int KINDS = 6;

  private VolumeBytesFuzz() {}

  /** The target: a byte that says what it is, and the bytes of it. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
    try {
      read((input[0] & 0xff) % KINDS, bytes);
    } catch (MalformedInputException e) {
      // refused
    } catch (IOException e) {
      throw new IllegalStateException("not refused as malformed", e);
    }
  }

  private static void read(int kind, byte[] bytes) throws IOException {
    switch (kind) {
      case HEADER -> VolumeHeader.decode(bytes);
      case SLOT -> oneEncoding(bytes);
      case STREAM -> MapStream.decode(bytes, (id, live, epoch) -> {});
      case ROOT -> RootRecord.decode(Arrays.copyOf(bytes, Sizes.BLOCK));
      case ARCHIVE -> ArchiveHeader.readFrom(new ByteArrayInputStream(bytes));
      default -> content(bytes);
    }
  }

  private static void oneEncoding(byte[] bytes) throws MalformedInputException {
    int type = bytes.length == 0 ? 0 : bytes[0] & 0xff;
    byte[] body = bytes.length == 0 ? bytes : Arrays.copyOfRange(bytes, 1, bytes.length);
    if (!Arrays.equals(body, KeySlot.decode(type, body).body())) {
      throw new IllegalStateException("one slot has two encodings");
    }
  }

  private static void content(byte[] bytes) throws IOException {
    ArchiveReader reader = new ArchiveReader(new ByteArrayInputStream(bytes));
    long size = reader.subject().sizeBytes();
    reader.forEach(
        new ArchiveReader.RunVisitor() {
          @Override
          public void data(long offset, byte[] source, int lengthBytes) {
            hole(offset, lengthBytes);
          }

          @Override
          public void hole(long offset, long lengthBytes) {
            if (offset < 0 || lengthBytes < 1 || offset + lengthBytes > size) {
              throw new IllegalStateException(offset + " + " + lengthBytes + " got through");
            }
          }
        });
  }
}
