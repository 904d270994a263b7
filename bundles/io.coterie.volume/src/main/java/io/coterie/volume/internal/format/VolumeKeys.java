package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.DestroyableKey;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The keys of a volume, one for each epoch, and what is derived from them (HKDF-SHA-256). They are
 * outside the heap. Thread-safe; throws once closed.
 */
public final class VolumeKeys implements AutoCloseable {
  public static final int KEY_BYTES = 32;
  public static final int MAX_EPOCHS = 1024;
  private static final int FIRST_EPOCH = 1;
  private static final byte[] NO_SALT = new byte[0];

  private final byte[] volumeId;
  private final String cipher;
  private final ConcurrentSkipListMap<Integer, Epoch> epochs = new ConcurrentSkipListMap<>();

  /**
   * The time in which one key seals new segments.
   *
   * @param origin 16 random bytes that stand for the volume in which it began
   */
  private record Epoch(int number, byte[] origin, long begunMillis, DestroyableKey key) {}

  private VolumeKeys(byte[] volumeId, String cipher) {
    this.volumeId = volumeId.clone();
    this.cipher = cipher;
  }

  /** Keys of a new volume. */
  public static VolumeKeys fresh(byte[] volumeId, String cipher, Entropy entropy, long nowMillis) {
    VolumeKeys keys = new VolumeKeys(volumeId, cipher);
    byte[] key = entropy.bytes(KEY_BYTES);
    keys.add(FIRST_EPOCH, entropy.bytes(Sizes.VOLUME_ID), nowMillis, key);
    Arrays.fill(key, (byte) 0);
    return keys;
  }

  /** The same keys and one of a new epoch: not in use before {@link #adopt}. */
  public VolumeKeys withNewEpoch(Entropy entropy, long nowMillis) {
    VolumeKeys next = copy();
    byte[] key = entropy.bytes(KEY_BYTES);
    next.add(currentEpoch() + 1, entropy.bytes(Sizes.VOLUME_ID), nowMillis, key);
    Arrays.fill(key, (byte) 0);
    return next;
  }

  /**
   * The keys of a clone: those of some epochs, under which its first segments are, and one of a new
   * epoch that no other volume has.
   *
   * @throws IOException when one of the epochs is not known, or there are too many
   */
  public VolumeKeys forked(byte[] cloneId, Set<Integer> needed, Entropy entropy, long nowMillis)
      throws IOException {
    if (!epochs.keySet().containsAll(needed)) {
      throw new IOException("the keys of the volume changed meanwhile; try again");
    }
    if (needed.size() >= MAX_EPOCHS) {
      throw new IOException(
          "it has " + needed.size() + " keys: let coterie volume rekey end first");
    }
    VolumeKeys clone = new VolumeKeys(cloneId, cipher);
    clone.addAll(epochs.values().stream().filter(e -> needed.contains(e.number())).toList());
    byte[] key = entropy.bytes(KEY_BYTES);
    clone.add(currentEpoch() + 1, entropy.bytes(Sizes.VOLUME_ID), nowMillis, key);
    Arrays.fill(key, (byte) 0);
    return clone;
  }

  private void addAll(Collection<Epoch> others) {
    for (Epoch epoch : others) {
      byte[] key = epoch.key().getEncoded();
      add(epoch.number(), epoch.origin(), epoch.begunMillis(), key);
      Arrays.fill(key, (byte) 0);
    }
  }

  /** All keys, apart from these. */
  public VolumeKeys copy() {
    return copyFrom(oldestEpoch());
  }

  /** The keys of an epoch and all later ones. */
  public VolumeKeys copyFrom(int oldest) {
    VolumeKeys copy = new VolumeKeys(volumeId, cipher);
    copy.addAll(epochs.tailMap(oldest).values());
    return copy;
  }

  /**
   * From here on these are the keys: new epochs of the other are taken over, gone ones destroyed.
   */
  public void adopt(VolumeKeys other) {
    addAll(other.epochs.values().stream().filter(epoch -> !has(epoch.number())).toList());
    for (int number : List.copyOf(epochs.keySet())) {
      if (!other.has(number)) {
        epochs.remove(number).key().destroy();
      }
    }
  }

  /** How many epochs there are keys of. */
  public int epochCount() {
    return epochs.size();
  }

  /** When the current epoch began. */
  public long currentSinceMillis() {
    return epochs.lastEntry().getValue().begunMillis();
  }

  private void add(int number, byte[] origin, long begunMillis, byte[] key) {
    epochs.put(number, new Epoch(number, origin, begunMillis, new DestroyableKey(key)));
  }

  /** The key table in clear; the caller wipes it. */
  byte[] encode() {
    ByteWriter out = new ByteWriter().u16(epochs.size());
    for (Epoch epoch : epochs.values()) {
      byte[] key = epoch.key().getEncoded();
      out.u32(epoch.number()).raw(epoch.origin()).u64(epoch.begunMillis()).raw(key);
      Arrays.fill(key, (byte) 0);
    }
    return out.toByteArray();
  }

  static VolumeKeys decode(byte[] volumeId, String cipher, byte[] table)
      throws MalformedInputException {
    ByteReader in = new ByteReader(table);
    VolumeKeys keys = new VolumeKeys(volumeId, cipher);
    try {
      int count = in.u16();
      if (count < 1 || count > MAX_EPOCHS) {
        throw new MalformedInputException(count + " epochs");
      }
      long last = 0;
      for (int i = 0; i < count; i++) {
        long number = in.u32();
        if (number <= last || number > Integer.MAX_VALUE) {
          throw new MalformedInputException("epoch " + number + " behind " + last);
        }
        last = number;
        byte[] origin = in.raw(Sizes.VOLUME_ID);
        long begun = in.u64();
        byte[] key = in.raw(KEY_BYTES);
        keys.add((int) number, origin, begun, key);
        Arrays.fill(key, (byte) 0);
      }
      in.end();
      return keys;
    } catch (MalformedInputException e) {
      keys.close();
      throw e;
    }
  }

  boolean has(int epoch) {
    return epochs.containsKey(epoch);
  }

  public byte[] origin(int epoch) {
    return epochs.get(epoch).origin();
  }

  /** The epoch of new segments. */
  public int currentEpoch() {
    return epochs.lastKey();
  }

  /** The oldest epoch there is a key of. */
  public int oldestEpoch() {
    return epochs.firstKey();
  }

  /** The keys of a segment under its salt. */
  public SealingKeys segment(int epoch, long segmentId, byte[] salt) {
    byte[] info =
        new ByteWriter()
            .text("coterie-segment-v2")
            .raw(origin(epoch))
            .u64(segmentId)
            .text(cipher)
            .toByteArray();
    byte[] material = derive(epoch, salt, info, SealingKeys.BYTES);
    try {
      return new SealingKeys(material);
    } finally {
      Arrays.fill(material, (byte) 0);
    }
  }

  /** Authenticates the small files of the volume. */
  private byte[] fileMac(int epoch, String file, byte[] body) {
    byte[] info = new ByteWriter().text("coterie-file-v2").text(file).raw(volumeId).toByteArray();
    byte[] key = derive(epoch, NO_SALT, info, Sizes.HASH);
    try {
      return Hkdf.hmac(key, body);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** The body with its authentication code under the current epoch behind it. */
  public byte[] authenticated(String file, byte[] body) {
    return new ByteWriter().raw(body).raw(fileMac(currentEpoch(), file, body)).toByteArray();
  }

  /**
   * Checks what {@link #authenticated} made.
   *
   * @return the body
   * @throws MalformedInputException when the code does not match, or the epoch's key is gone
   */
  public byte[] authenticate(int epoch, String file, byte[] bytes) throws MalformedInputException {
    if (!has(epoch) || bytes.length < Sizes.HASH) {
      throw new MalformedInputException(file + " has no code of an epoch that is known");
    }
    byte[] body = Arrays.copyOf(bytes, bytes.length - Sizes.HASH);
    byte[] code = Arrays.copyOfRange(bytes, body.length, bytes.length);
    if (!java.security.MessageDigest.isEqual(code, fileMac(epoch, file, body))) {
      throw new MalformedInputException(file + " was altered");
    }
    return body;
  }

  /** Names the current key without telling anything of it: 64 hexadecimal digits. */
  public String fingerprint() {
    byte[] info = new ByteWriter().text("coterie-key-id-v2").raw(volumeId).toByteArray();
    return HexFormat.of().formatHex(derive(currentEpoch(), NO_SALT, info, Sizes.HASH));
  }

  /** Throws when the keys are gone. */
  private byte[] derive(int epoch, byte[] salt, byte[] info, int lengthBytes) {
    byte[] copy = epochs.get(epoch).key().getEncoded();
    try {
      return Hkdf.derive(copy, salt, info, lengthBytes);
    } finally {
      Arrays.fill(copy, (byte) 0);
    }
  }

  byte[] volumeId() {
    return volumeId;
  }

  @Override
  public void close() {
    List.copyOf(epochs.values()).forEach(epoch -> epoch.key().destroy());
  }
}
