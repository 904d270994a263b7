package io.coterie.volume.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.argon2.internal.Argon2idHash;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.zstd.internal.ZstdCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A device with real keys and its volumes in a directory; what it is to trust is put in by hand.
 */
final class TestDevice implements AutoCloseable {
  /** Takes reports and never cancels. */
  static final Progress SILENT =
      new Progress() {
        @Override
        public void report(String step, int percent) {
          if (percent < -1 || percent > 100) {
            throw new AssertionError(step + " " + percent);
          }
        }

        @Override
        public boolean cancelled() {
          return false;
        }

        @Override
        public void checkCancelled() {
          // Nobody asks for the end.
        }
      };

  final TestIdentity identity;
  final List<Peer> peers = new ArrayList<>();
  private final Path home;
  private final Clock clock;
  FileVolumeService volumes;
  VolumeSnapshots snapshots;
  VolumeRecipients recipients;
  VolumeArchives archives;

  TestDevice(String name, Path parent, Clock clock) throws IOException {
    this.identity = new TestIdentity(name);
    this.home = Files.createDirectories(parent.resolve(name));
    this.clock = clock;
    start();
  }

  void start() throws IOException {
    VolumeAlgorithms algorithms = new VolumeAlgorithms();
    algorithms.bindKem(TestIdentity.KEM);
    algorithms.bindAead(TestIdentity.AEAD);
    algorithms.bindHash(new Argon2idHash());
    algorithms.bindCodec(new ZstdCodec());
    volumes =
        new FileVolumeService(
            new DeviceHome(identity.name(), home),
            identity,
            algorithms,
            List.of(TestIdentity.AEAD),
            new SystemEntropy(),
            new SystemThreads(),
            clock,
            point -> {});
    snapshots = new VolumeSnapshots(volumes, clock);
    recipients =
        new VolumeRecipients(
            volumes, identity, new Known(peers), algorithms, clock, new SystemEntropy());
    archives =
        new VolumeArchives(
            volumes, snapshots, recipients, identity, algorithms, new SystemEntropy());
  }

  @Override
  public void close() {
    volumes.close();
  }

  Path directory(String volume) {
    return home.resolve("volumes").resolve(volume + ".qvol");
  }

  /** The files of a volume as another device has them. */
  void copy(String volume, TestDevice from) throws IOException {
    close();
    from.close();
    SafeFiles.deleteTree(directory(volume));
    Files.createDirectories(directory(volume));
    try (Stream<Path> files = Files.list(from.directory(volume))) {
      for (Path file : files.toList()) {
        Files.copy(file, directory(volume).resolve(file.getFileName()));
      }
    }
    from.start();
    start();
  }

  /** What is done to a volume. */
  interface Act {
    void on(BlockDevice device) throws IOException;
  }

  /** As its one writer, with a flush at the end. */
  void write(String volume, Act act) throws IOException {
    Grant grant = volumes.issue(volume, "test");
    try (Access access = volumes.open(grant.export(), () -> {})) {
      volumes.activate(grant.export());
      act.on(access.device());
      access.device().flush();
    }
    volumes.revoke(grant.export());
  }

  byte[] content(String volume) throws IOException {
    Grant grant = volumes.issueReadOnly(volume, "test");
    try (Access access = volumes.open(grant.export(), () -> {})) {
      byte[] data = new byte[(int) access.device().sizeBytes()];
      access.device().read(0, data, 0, data.length);
      return data;
    } finally {
      volumes.revoke(grant.export());
    }
  }

  /** The devices that one trusts. */
  private record Known(List<Peer> list) implements Peers {
    @Override
    public Optional<Peer> find(DeviceId id) {
      return list.stream().filter(p -> p.id().equals(id)).findFirst();
    }

    @Override
    public Peer named(String name) {
      return list.stream()
          .filter(p -> p.name().equals(name))
          .findFirst()
          .orElseThrow(
              () -> CoterieException.of("COT-0302", ExitCode.NOT_FOUND, "no peer " + name, ""));
    }
  }
}
