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
 * The block before the units of a commit: what each of them is, and its tag. It extends the hash
 * chain of the log and is authenticated. Reusable; not thread-safe.
 */
public final class Descriptor {
  /** Blocks of the volume. */
  public static final int DATA = 1;

  /** Blocks that read as zeroes; no unit. */
  public static final int HOLE = 2;

  /** Blocks that the cleaner took from another segment; they change no content. */
  public static final int MOVED = 3;

  /** A node of the map. */
  public static final int NODE = 4;

  /** A block of a stream. */
  public static final int STREAM = 5;

  /** A root record. */
  public static final int ROOT = 6;

  private static final int MAGIC = 0x43445343;
  private static final int AT_VERSION = 4;
  private static final int AT_COUNT = 6;
  private static final int AT_COMMIT = 8;
  private static final int AT_DURABLE = 16;
  private static final int AT_CHAIN = 24;
  private static final int AT_KIND = 8;
  private static final int AT_BLOCKS = 9;
  private static final int AT_CODEC = 10;
  private static final int AT_GRANULES = 12;
  private static final int AT_TAG = 16;

  private final byte[] block = new byte[Sizes.BLOCK];
  private final ByteBuffer view = ByteBuffer.wrap(block);
  private final MessageDigest digest;
  private final Mac mac;
  private int count;
  private int granules;

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
    granules = 0;
  }

  public int count() {
    return count;
  }

  /** How long the units behind it are together. */
  public int unitGranules() {
    return granules;
  }

  /** How many blocks the whole commit takes. */
  public int commitBlocks() {
    return 1 + (granules + Sizes.BLOCK_GRANULES - 1) / Sizes.BLOCK_GRANULES;
  }

  public boolean full() {
    return count == Sizes.MAX_ENTRIES;
  }

  /**
   * Adds a unit of one block.
   *
   * @param codec its number, or {@link Packing#NONE} for 4096 bytes as they are
   * @param tagSource in which its tag stands
   */
  public void addUnit(
      int kind, long address, int lengthGranules, int codec, byte[] tagSource, int tagOffset) {
    int at = add(address, kind, 1, lengthGranules);
    view.put(at + AT_CODEC, (byte) codec);
    System.arraycopy(tagSource, tagOffset, block, at + AT_TAG, Sizes.TAG);
  }

  /** Adds a run of blocks that read as zeroes. */
  public void addHole(long lba, long runBlocks) {
    int at = add(lba, HOLE, 0, 0);
    view.putLong(at + AT_TAG, runBlocks);
  }

  /** Lengthens the last hole when this one follows it. */
  public boolean extendHole(long lba, long runBlocks) {
    if (count == 0 || kind(count - 1) != HOLE) {
      return false;
    }
    long run = run(count - 1);
    if (address(count - 1) + run != lba) {
      return false;
    }
    view.putLong(entry(count - 1) + AT_TAG, run + runBlocks);
    return true;
  }

  private int add(long address, int kind, int blocks, int lengthGranules) {
    if (full()) {
      throw new IllegalStateException("the descriptor is full");
    }
    int at = entry(count++);
    view.putLong(at, address).put(at + AT_KIND, (byte) kind).put(at + AT_BLOCKS, (byte) blocks);
    view.putInt(at + AT_GRANULES, lengthGranules);
    granules += lengthGranules;
    return at;
  }

  private static int entry(int index) {
    return Sizes.DESCRIPTOR_HEAD + index * Sizes.ENTRY;
  }

  public long address(int index) {
    return view.getLong(entry(index));
  }

  public int kind(int index) {
    return view.get(entry(index) + AT_KIND);
  }

  /** How many blocks of the volume a unit holds. */
  public int blocks(int index) {
    return view.get(entry(index) + AT_BLOCKS);
  }

  public int codec(int index) {
    return view.get(entry(index) + AT_CODEC);
  }

  /** What the map keeps of a unit, without an era. */
  public long extent(int index) {
    return Extent.ofUnit(0, granules(index), codec(index));
  }

  public int granules(int index) {
    return view.getInt(entry(index) + AT_GRANULES);
  }

  /** The blocks of a hole. */
  public long run(int index) {
    return tagHigh(index);
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
      long commit, long durable, byte[] chain, SealingKeys keys, byte[] target, int targetOffset) {
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
  public void decode(byte[] source, int sourceOffset, SealingKeys keys)
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
    granules = 0;
    for (int i = 0; i < count; i++) {
      checkEntry(i);
      granules += granules(i);
    }
  }

  /** What a writer with the key would never write is refused, so that nobody trips over it. */
  private void checkEntry(int i) throws MalformedInputException {
    boolean hole = kind(i) == HOLE;
    boolean known = kind(i) >= DATA && kind(i) <= ROOT;
    boolean fits =
        hole
            ? granules(i) == 0 && run(i) > 0
            : blocks(i) == 1 && (isWhole(i) || (kind(i) <= MOVED && isPacked(i)));
    if (!known || !fits || address(i) < 0) {
      throw new MalformedInputException("entry " + i + " of the descriptor is of an unknown form");
    }
  }

  private boolean isWhole(int i) {
    return codec(i) == Packing.NONE && granules(i) == Sizes.BLOCK_GRANULES;
  }

  private boolean isPacked(int i) {
    return Packing.known(codec(i)) && granules(i) > 0 && granules(i) <= Packing.MOST_GRANULES;
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

  private byte[] code(SealingKeys keys, byte[] hash) {
    try {
      mac.init(new SecretKeySpec(keys.macKey(), "HmacSHA256"));
      return mac.doFinal(hash);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("HMAC takes any key", e);
    }
  }
}
