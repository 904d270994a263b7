package io.coterie.volume.internal.files;

import java.io.IOException;
import java.util.List;

/**
 * The directory of a volume: its files by name. What a name stands for is durable only after {@link
 * #force()}, what is in a file only after the file's own. Tests put a directory in its place that
 * loses, tears and refuses as disks do. Thread-safe.
 */
public interface VolumeDirectory {
  /** All names that begin so, sorted. */
  List<String> names(String prefix) throws IOException;

  /** Opens a file that is there, for reading and writing. */
  StoredFile open(String name) throws IOException;

  /** Makes an empty file that was not there, with mode 0600. */
  StoredFile create(String name) throws IOException;

  /** Gives a file that nobody has open another name, in one step. */
  void rename(String from, String to) throws IOException;

  /**
   * Gives a file the same name in another directory, too.
   *
   * @throws IOException when files cannot have two names there
   */
  void link(String name, VolumeDirectory other) throws IOException;

  /** Takes a name away. None is no error. */
  void delete(String name) throws IOException;

  /** Whether the file has another name besides this one, here or elsewhere. */
  boolean shared(String name) throws IOException;

  /** Makes the names durable as they are now. */
  void force() throws IOException;

  /** What may still be written here. */
  long usableBytes() throws IOException;
}
