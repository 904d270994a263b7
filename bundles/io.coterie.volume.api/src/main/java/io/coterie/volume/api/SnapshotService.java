package io.coterie.volume.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Snapshots of the volumes of this device. A snapshot holds everything that was answered before it,
 * as a power cut at that moment would leave a disk. Thread-safe. Errors are CoterieExceptions:
 * COT-0501 no such volume, COT-0528 no such snapshot, COT-0529 exists, COT-0530 could not be
 * stored, COT-0531 too many.
 */
@ProviderType
public interface SnapshotService {
  /** Snapshots of one volume at most. */
  int MAX_SNAPSHOTS = 1000;

  /**
   * Keeps the volume as it is now.
   *
   * @param name as volumes are named
   * @param description at most 256 bytes in UTF-8, may be empty
   */
  SnapshotInfo create(String volume, String name, String description);

  /** The oldest first. */
  List<SnapshotInfo> list(String volume);

  /** One of them. */
  SnapshotInfo info(String volume, String name);

  /** Deletes a snapshot; its room is given back bit by bit afterwards. */
  void delete(String volume, String name);

  /**
   * Its content, which takes no writes: they are an AccessRevokedException. Reading ends with an
   * IOException once the snapshot is deleted or its volume closed.
   */
  BlockDevice open(String volume, String name);

  /** Takes runs of bytes in rising order. */
  interface RunVisitor {
    /**
     * A run that is not the same in the other snapshot.
     *
     * @param hasData false when it reads as zeroes
     */
    void run(long offset, long lengthBytes, boolean hasData);
  }

  /**
   * Tells where a snapshot differs from another one of the same volume, older or newer. The work is
   * that of the difference.
   */
  void difference(String volume, String name, String other, RunVisitor visitor);
}
