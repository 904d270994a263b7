package io.coterie.volume.internal.format;

import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.BlockDevice;

/** Every size of the volume format, version 2. See docs/formats/volume.md. */
public final class Sizes {
  public static final int VERSION = 2;
  public static final int BLOCK = BlockDevice.BLOCK_BYTES;
  public static final int GRANULE = 16;
  public static final int BLOCK_GRANULES = BLOCK / GRANULE;
  public static final int SEGMENT_BLOCKS = 1024;
  public static final int SEGMENT = SEGMENT_BLOCKS * BLOCK;
  public static final int SEGMENT_GRANULES = SEGMENT / GRANULE;
  public static final int TAG = Aead.TAG_BYTES;
  public static final int HASH = 32;
  public static final int SALT = 32;
  public static final int VOLUME_ID = 16;
  public static final int DESCRIPTOR_HEAD = 64;
  public static final int ENTRY = 32;

  /** Entries that fill one descriptor block: 64 + 124 * 32 + 64 = 4096. */
  public static final int MAX_ENTRIES = 124;

  /** Blocks of one leaf of the map: 512 KiB of the volume. */
  public static final int LEAF_ENTRIES = 128;

  public static final int LEAF_ENTRY_LONGS = 4;

  /** Children of an inner node. */
  public static final int FANOUT = 64;

  public static final int POINTER_LONGS = 8;
  public static final int NODE_LONGS = BLOCK / 8;

  public static final long MIN_VOLUME = 1L << 20;
  public static final long MAX_VOLUME = 16L << 40;

  private Sizes() {}
}
