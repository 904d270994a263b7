package io.coterie.volume.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.FaultPoints;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.internal.engine.EngineContext;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.files.DiskDirectory;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens volumes from their directories. */
final class VolumeLoading {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeLoading.class);

  /** How far each volume was, by its id. */
  private static final String SEEN = ".seen";

  private final Path directory;
  private final HeaderFiles headers;
  private final Map<String, Aead> ciphers;
  private final VolumePackings packings;
  private final Entropy entropy;
  private final EngineContext context;
  private final FaultPoints faults;

  VolumeLoading(
      Path directory,
      HeaderFiles headers,
      Map<String, Aead> ciphers,
      VolumePackings packings,
      Entropy entropy,
      EngineContext context,
      FaultPoints faults)
      throws IOException {
    this.directory = directory;
    this.headers = headers;
    this.ciphers = ciphers;
    this.packings = packings;
    this.entropy = entropy;
    this.context = context;
    this.faults = faults;
    SafeFiles.createPrivateDirectories(directory.resolve(SEEN));
  }

  /**
   * Opens what is in a directory.
   *
   * @throws CoterieException COT-0504 when it is damaged, COT-0517 when no key is for this device,
   *     COT-0556 when its codec is not there
   */
  OpenVolume load(String name, Path path) {
    try {
      HeaderFiles.Opened opened =
          headers
              .read(path)
              .orElseThrow(
                  () ->
                      CoterieException.of(
                          "COT-0517",
                          ExitCode.REFUSED,
                          "volume " + name + " has no key for this device",
                          "coterie identity show"));
      try {
        return load(name, path, opened);
      } catch (IOException | RuntimeException e) {
        opened.keys().close();
        throw e;
      }
    } catch (MalformedInputException e) {
      throw unusable(name, "is damaged: " + e.getMessage(), "put back a copy of " + path, e);
    } catch (IOException e) {
      throw unusable(name, "cannot be opened: " + e.getMessage(), "df -h " + path, e);
    }
  }

  private OpenVolume load(String name, Path path, HeaderFiles.Opened opened) throws IOException {
    VolumeHeader header = opened.header();
    VolumeKeys keys = opened.keys();
    GrantTable grants =
        GrantTable.decode(
            name,
            SafeFiles.readBounded(path.resolve(GrantTable.FILE), GrantTable.MAX_FILE_BYTES),
            keys);
    LogVolume volume =
        LogVolume.open(
            new DiskDirectory(path),
            header,
            keys,
            ciphers.get(header.cipher()),
            packings.of(header.compression()),
            witness(header),
            context,
            false);
    try {
      List<String> findings = new ArrayList<>(opened.findings());
      findings.addAll(volume.findings());
      findings.forEach(f -> LOG.error("COT-0504 volume {}: {}", name, f));
      removeMoments(name, volume);
      OpenVolume result =
          new OpenVolume(name, path, headers, header, keys, volume, grants, entropy, faults);
      result.forgetActs();
      result.goOnReencrypting();
      return result;
    } catch (RuntimeException e) {
      closeAfter(e, volume); // else the next try would open a second engine on the same log
      throw e;
    }
  }

  private static void closeAfter(RuntimeException failure, LogVolume volume) {
    try {
      volume.close();
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** What remembers how far a volume was. */
  FileWitness witness(VolumeHeader header) {
    return new FileWitness(
        directory.resolve(SEEN).resolve(HexFormat.of().formatHex(header.volumeId())));
  }

  /** Snapshots that were for one act, which a killed device never ended. */
  private static void removeMoments(String name, LogVolume volume) {
    for (SnapshotEntry entry : volume.snapshots().list()) {
      if (entry.name().startsWith(VolumeSnapshots.HIDDEN)) {
        try {
          volume.deleteSnapshot(entry.name());
        } catch (IOException e) {
          LOG.warn("COT-0530 volume {}: a left over snapshot stays: {}", name, e.getMessage());
        }
      }
    }
  }

  static CoterieException unusable(String name, String why, String next, IOException e) {
    return CoterieException.of("COT-0504", ExitCode.FAILED, "volume " + name + " " + why, next, e);
  }
}
