package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.crypto.api.KeyReport;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.KeyState;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.VolumeHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Says what is known of a volume. */
final class VolumeDescription {
  private VolumeDescription() {}

  static VolumeInfo unopened(String name, CoterieException e) {
    return new VolumeInfo(
        name, "", 0, 0, 0, 0, 0, 0, "", "", "", "", null, 0, null, null, e.what());
  }

  static VolumeInfo of(String name, Path path, OpenVolume v) {
    GrantTable grants = v.grants();
    Grant writer = grants.active();
    List<String> findings = v.volume().findings();
    Stored stored = stored(path);
    return new VolumeInfo(
        name,
        HexFormat.of().formatHex(v.header().volumeId()),
        v.header().sizeBytes(),
        v.volume().dataBytes(),
        v.volume().liveBytes(),
        stored.total(),
        stored.shared(),
        people(v.volume().snapshots().list()),
        v.header().cipher(),
        v.header().compression(),
        KeyReport.name("vm", name, v.keys().fingerprint()),
        v.keys().fingerprint(),
        keyState(v),
        grants.writeEpoch(),
        writer == null ? null : writer.holder(),
        ScrubFile.read(path),
        findings.isEmpty() ? "good" : String.join("; ", findings));
  }

  private static KeyState keyState(OpenVolume v) {
    VolumeHeader.Rekeying wish = v.header().rekeying();
    return new KeyState(
        v.keys().currentEpoch(),
        v.keys().currentSinceMillis(),
        v.keys().epochCount(),
        v.volume().underNewestKeyPercent(),
        wish.paused(),
        wish.everyMillis());
  }

  private static int people(List<SnapshotEntry> snapshots) {
    return (int)
        snapshots.stream().filter(s -> !s.name().startsWith(VolumeSnapshots.HIDDEN)).count();
  }

  /** Bytes on disk; -1 when they cannot be counted. */
  private record Stored(long total, long shared) {}

  private static Stored stored(Path path) {
    long total = 0;
    long shared = 0;
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.toList()) {
        try {
          long size = Files.size(file);
          total += size;
          shared += (int) Files.getAttribute(file, "unix:nlink") > 1 ? size : 0;
        } catch (NoSuchFileException e) {
          continue; // the cleaner was faster
        }
      }
    } catch (IOException e) {
      return new Stored(-1, -1);
    }
    return new Stored(total, shared);
  }
}
