package io.coterie.volume.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The volumes of this device. Thread-safe. Errors are CoterieExceptions: COT-0501 no such volume,
 * COT-0502 exists, COT-0503 in use, COT-0504 damaged, COT-0505 no space, COT-0506 no such grant.
 */
@ProviderType
public interface VolumeService {
  /**
   * Creates an empty volume.
   *
   * @param sizeBytes 1 MiB to 16 TiB, a multiple of 4096
   * @param cipher an AEAD algorithm, or null for the best one here
   */
  VolumeInfo create(String name, long sizeBytes, String cipher);

  /**
   * The same with blocks that are compressed before they are sealed. How well a block compresses
   * can be seen from the lengths of what is stored.
   *
   * @param compression {@link BlockCodec#ZSTD}, {@link BlockCodec#LZ4}, or null for none
   */
  VolumeInfo create(String name, long sizeBytes, String cipher, String compression);

  /**
   * Creates a volume that holds what a device holds: it appears when every block was copied and
   * compared, or not at all.
   *
   * @param sizeBytes at least as large as the device
   */
  VolumeInfo create(
      String name, long sizeBytes, String cipher, BlockDevice source, Watcher watcher);

  List<VolumeInfo> list();

  VolumeInfo info(String name);

  /**
   * Deletes a volume that nobody uses and nobody may write: a writer may only be out of reach.
   *
   * @throws io.coterie.base.error.CoterieException COT-0503 when somebody does or may
   */
  void delete(String name);

  /** As {@link #delete}, by the holder of a grant: its own right is no reason to refuse. */
  void deleteOwn(String name, String ownExport);

  /** As {@link #delete}, also when a writer that is not connected has the right to write. */
  void deleteFromWriter(String name);

  /** Reads every block and authenticates it. */
  CheckReport check(String name);

  /**
   * Makes a volume larger, also while it is in use: whoever connects from here on sees the new
   * size.
   *
   * @param sizeBytes a multiple of 4096, at most 16 TiB
   * @throws io.coterie.base.error.CoterieException COT-0547 when it is smaller than now
   */
  void resize(String name, long sizeBytes);

  /** Issues a grant that may read and waits for the right to write. */
  Grant issue(String name, String holder);

  /** Issues a grant that never writes. */
  Grant issueReadOnly(String name, String holder);

  /**
   * Makes this grant the one writer: the writer before it is cut off, its writes drained and
   * flushed, and the epoch raised durably, before this returns.
   */
  Grant activate(String export);

  /**
   * Gives the right to write back to a grant that passed it on, if its successor still is the
   * writer or it never lost the right. Refused once the right has gone further: COT-0526.
   *
   * @param from the export of that successor
   */
  Grant takeBack(String export, String from);

  /** Ends a grant; its connections are cut. Unknown names are ignored. */
  void revoke(String export);

  /** The grants of a volume. */
  List<Grant> grants(String name);

  /**
   * Opens a volume for a client.
   *
   * @param onRevoked runs once when the grant ends or is suspended; must not block
   */
  Access open(String export, Runnable onRevoked);
}
