package io.coterie.volume.internal.format;

import io.coterie.base.codec.MalformedInputException;
import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The block before the data of a commit: which block of the volume each of them is, and its tag. It
 * extends the hash chain of the log and is authenticated. Reusable; not thread-safe.
 */
public final class Descriptor {
  public static final int DATA = 1;
  public static final int HOLE = 2;

  private static final int MAGIC = 0x43445343;
  private static final int AT_VERSION = 4;
  private static final int AT_COUNT = 6;
  private static final int AT_COMMIT = 8;
  private static final int AT_DURABLE = 16;
  private static final int AT_CHAIN = 24;
  private static final int AT_FLAGS = 8;
  private static final int AT_RUN = 12;
  private static final int AT_TAG = 16;

  private final byte[] block = new byte[Sizes.BLOCK];
  private final ByteBuffer view = ByteBuffer.wrap(block);
  private final MessageDigest digest;
  private final Mac mac;
  private int count;
  private int dataCount;

  public Descriptor() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
      mac = Mac.getInstance("HmacSHA256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Empties it for the next commit. */
  public void clear() {
    Arrays.fill(block, (byte) 0);
    count = 0;
    dataCount = 0;
  }

  public int count() {
    return count;
  }

  /** How many data blocks follow. */
  public int dataCount() {
    return dataCount;
  }

  public boolean full() {
    return count == Sizes.MAX_ENTRIES;
  }

  /** Adds a data block whose tag stands in {@code tagSource}. */
  public void addData(long lba, byte[] tagSource, int tagOffset) {
    int at = add(lba, DATA, 1);
    System.arraycopy(tagSource, tagOffset, block, at + AT_TAG, Sizes.TAG);
    dataCount++;
  }

  /** Adds a run of blocks that read as zeroes. */
  public void addHole(long lba, int runBlocks) {
    add(lba, HOLE, runBlocks);
  }

  /** Lengthens the last hole when this one follows it. */
  public boolean extendHole(long lba, int runBlocks) {
    if (count == 0 || flags(count - 1) != HOLE) {
      return false;
    }
    long run = run(count - 1);
    if (lba(count - 1) + run != lba || run + runBlocks > Integer.MAX_VALUE) {
      return false;
    }
    view.putInt(entry(count - 1) + AT_RUN, (int) (run + runBlocks));
    return true;
  }

  private int add(long lba, int flags, int run) {
    if (full()) {
      throw new IllegalStateException("the descriptor is full");
    }
    int at = entry(count++);
    view.putLong(at, lba).putInt(at + AT_FLAGS, flags).putInt(at + AT_RUN, run);
    return at;
  }

  private static int entry(int index) {
    return Sizes.DESCRIPTOR_HEAD + index * Sizes.ENTRY;
  }

  public long lba(int index) {
    return view.getLong(entry(index));
  }

  public int flags(int index) {
    return view.getInt(entry(index) + AT_FLAGS);
  }

  public int run(int index) {
    return view.getInt(entry(index) + AT_RUN);
  }

  public void tag(int index, byte[] target, int offset) {
    System.arraycopy(block, entry(index) + AT_TAG, target, offset, Sizes.TAG);
  }

  public long commit() {
    return view.getLong(AT_COMMIT);
  }

  public long durableCommit() {
    return view.getLong(AT_DURABLE);
  }

  /** The first half of the tag of an entry, as the map keeps it. */
  public long tagHigh(int index) {
    return view.getLong(entry(index) + AT_TAG);
  }

  public long tagLow(int index) {
    return view.getLong(entry(index) + AT_TAG + 8);
  }

  /**
   * Completes the block, to be written before the data.
   *
   * @param chain the chain hash so far; replaced by the new one
   */
  public void seal(
      long commit, long durable, byte[] chain, SegmentKeys keys, byte[] target, int targetOffset) {
    view.putInt(0, MAGIC).putShort(AT_VERSION, (short) Sizes.VERSION);
    view.putShort(AT_COUNT, (short) count).putLong(AT_COMMIT, commit).putLong(AT_DURABLE, durable);
    System.arraycopy(chain, 0, block, AT_CHAIN, Sizes.HASH);
    byte[] hash = hash();
    byte[] code = code(keys, hash);
    int end = entry(count);
    System.arraycopy(hash, 0, block, end, Sizes.HASH);
    System.arraycopy(code, 0, block, end + Sizes.HASH, Sizes.HASH);
    System.arraycopy(hash, 0, chain, 0, Sizes.HASH);
    System.arraycopy(block, 0, target, targetOffset, Sizes.BLOCK);
  }

  /**
   * Reads and authenticates a block.
   *
   * @throws MalformedInputException when it is no descriptor of this segment
   */
  public void decode(byte[] source, int sourceOffset, SegmentKeys keys)
      throws MalformedInputException {
    System.arraycopy(source, sourceOffset, block, 0, Sizes.BLOCK);
    count = view.getShort(AT_COUNT);
    if (view.getInt(0) != MAGIC
        || view.getShort(AT_VERSION) != Sizes.VERSION
        || count < 1
        || count > Sizes.MAX_ENTRIES) {
      throw new MalformedInputException("no descriptor");
    }
    int end = entry(count);
    byte[] hash = hash();
    byte[] code = code(keys, hash);
    boolean sameHash =
        MessageDigest.isEqual(hash, Arrays.copyOfRange(block, end, end + Sizes.HASH));
    if (!sameHash
        || !MessageDigest.isEqual(code, Arrays.copyOfRange(block, end + Sizes.HASH, end + 64))) {
      throw new MalformedInputException("the descriptor was altered");
    }
    dataCount = 0;
    for (int i = 0; i < count; i++) {
      dataCount += flags(i) == DATA ? 1 : 0;
    }
  }

  /** True when this descriptor continues the chain. */
  public boolean follows(byte[] chain) {
    return Arrays.equals(chain, Arrays.copyOfRange(block, AT_CHAIN, AT_CHAIN + Sizes.HASH));
  }

  /** The chain hash after this commit. */
  public byte[] chain() {
    int end = entry(count);
    return Arrays.copyOfRange(block, end, end + Sizes.HASH);
  }

  private byte[] hash() {
    digest.update(block, 0, entry(count));
    return digest.digest();
  }

  private byte[] code(SegmentKeys keys, byte[] hash) {
    try {
      mac.init(new SecretKeySpec(keys.macKey(), "HmacSHA256"));
      return mac.doFinal(hash);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("HMAC takes any key", e);
    }
  }
}
