package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.RootFile;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The files that say where the newest two checkpoints are. */
final class Roots {
  private static final List<String> NAMES = List.of(RootFile.nameOf(1), RootFile.nameOf(2));

  private final VolumeDirectory directory;
  private final VolumeKeys keys;

  Roots(VolumeDirectory directory, VolumeKeys keys) {
    this.directory = directory;
    this.keys = keys;
  }

  /** Makes the files where they are missing, so that writing them later needs no new name. */
  void prepare() throws IOException {
    boolean made = false;
    List<String> there = directory.names("root-");
    for (String name : NAMES) {
      if (!there.contains(name)) {
        try (StoredFile file = directory.create(name)) {
          file.write(ByteBuffer.allocate(RootFile.BYTES), 0);
          file.force();
        }
        made = true;
      }
    }
    if (made) {
      directory.force();
    }
  }

  /** Makes a checkpoint the one that counts. */
  void write(RootFile root) throws IOException {
    try (StoredFile file = directory.open(RootFile.nameOf(root.checkpoint()))) {
      file.write(ByteBuffer.wrap(root.encode(keys)), 0);
      file.force();
    }
  }

  /**
   * Those that authenticate, the newest first.
   *
   * @param findings takes in words what is wrong with the others
   */
  List<RootFile> read(List<String> findings) throws IOException {
    List<RootFile> found = new ArrayList<>();
    for (String name : NAMES) {
      try {
        byte[] bytes = read(name);
        if (!blank(bytes)) {
          found.add(RootFile.decode(bytes, keys));
        }
      } catch (NoSuchFileException e) {
        findings.add(name + " is missing");
      } catch (MalformedInputException e) {
        findings.add(name + ": " + e.getMessage());
      }
    }
    found.sort(Comparator.comparingLong(RootFile::checkpoint).reversed());
    return found;
  }

  private byte[] read(String name) throws IOException {
    try (StoredFile file = directory.open(name)) {
      ByteBuffer bytes = ByteBuffer.allocate(RootFile.BYTES);
      int count = 0;
      while (bytes.hasRemaining() && count >= 0) {
        count = file.read(bytes, bytes.position());
      }
      return bytes.array();
    }
  }

  /** A file whose turn has not come yet. */
  private static boolean blank(byte[] bytes) {
    return Zeroes.only(bytes, 0, bytes.length);
  }
}
