package io.coterie.volume.internal.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.api.BlockCodec;
import io.coterie.volume.zstd.internal.ZstdCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SealedStreamTest {
  private static final Aead AEAD = AeadProviders.usual(Aead.AES_256_GCM);
  private static final byte[] ID = new byte[16];
  private static final int CHUNK = SealedOutput.CHUNK_BYTES;

  private final DestroyableKey key = DestroyableKey.consume(new byte[32]);

  private static byte[] text(int length) {
    byte[] data = new byte[length];
    Random random = new Random(length);
    for (int i = 0; i < length; i++) {
      data[i] = (byte) ('a' + random.nextInt(4));
    }
    return data;
  }

  private byte[] seal(byte[] data) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (BlockCodec.Context codec = new ZstdCodec().newContext()) {
      SealedOutput sealed = new SealedOutput(out, AEAD.newContext(), key, ID, codec);
      for (int at = 0; at < data.length; at += 70_001) {
        sealed.write(data, at, Math.min(70_001, data.length - at));
      }
      sealed.finish();
    }
    return out.toByteArray();
  }

  private byte[] open(byte[] bytes) throws IOException {
    try (BlockCodec.Context codec = new ZstdCodec().newContext()) {
      return new SealedInput(new ByteArrayInputStream(bytes), AEAD.newContext(), key, ID, codec)
          .readAllBytes();
    }
  }

  private static List<byte[]> chunks(byte[] stream) {
    List<byte[]> chunks = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(stream);
    while (in.hasRemaining()) {
      byte[] chunk = new byte[Integer.BYTES + in.getInt(in.position())];
      in.get(chunk);
      chunks.add(chunk);
    }
    return chunks;
  }

  private static byte[] joined(List<byte[]> chunks) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    chunks.forEach(out::writeBytes);
    return out.toByteArray();
  }

  @Test
  void anyLengthComesBackWholeAndTextTakesLessRoom() throws Exception {
    for (int length : new int[] {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3_333_333}) {
      byte[] data = text(length);
      byte[] sealed = seal(data);
      assertArrayEquals(data, open(sealed), length + " bytes");
      assertTrue(length < 1000 || sealed.length < length / 2, sealed.length + " of " + length);
      byte[] noise = new byte[length];
      new Random(1).nextBytes(noise);
      assertArrayEquals(noise, open(seal(noise)));
    }
  }

  @Test
  void noChunkCanBeLeftOutRepeatedExchangedOrCutOff() throws Exception {
    List<byte[]> chunks = chunks(seal(text(3 * CHUNK + 5)));
    for (int i = 0; i < chunks.size(); i++) {
      List<byte[]> without = new ArrayList<>(chunks);
      without.remove(i);
      assertThrows(MalformedInputException.class, () -> open(joined(without)), "without " + i);
      List<byte[]> twice = new ArrayList<>(chunks);
      twice.add(i, chunks.get(i));
      assertThrows(MalformedInputException.class, () -> open(joined(twice)), "twice " + i);
      List<byte[]> exchanged = new ArrayList<>(chunks);
      Collections.swap(exchanged, i, (i + 1) % chunks.size());
      assertThrows(MalformedInputException.class, () -> open(joined(exchanged)), "swapped " + i);
    }
  }

  @Test
  void whateverIsCutOrAlteredIsMalformed() throws Exception {
    byte[] sealed = seal(text(5000));
    for (int at = 0; at < sealed.length; at += 1 + at / 40) {
      byte[] altered = sealed.clone();
      altered[at] ^= (byte) (1 << at % 8);
      assertThrows(MalformedInputException.class, () -> open(altered), "altered at " + at);
      byte[] cut = Arrays.copyOf(sealed, at);
      assertThrows(MalformedInputException.class, () -> open(cut), "cut at " + at);
    }
    assertThrows(
        MalformedInputException.class, () -> open(Arrays.copyOf(sealed, sealed.length + 1)));
  }
}
