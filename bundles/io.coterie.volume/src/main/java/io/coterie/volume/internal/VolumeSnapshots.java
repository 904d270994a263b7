package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Names;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.SnapshotInfo;
import io.coterie.volume.api.SnapshotService;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.engine.SnapshotDevice;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Snapshots of the volumes that {@link FileVolumeService} has. */
@Component(service = {SnapshotService.class, VolumeSnapshots.class})
public final class VolumeSnapshots implements SnapshotService {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeSnapshots.class);

  /** No name of a snapshot begins so that people take: such ones are for an act and go with it. */
  static final String HIDDEN = ".";

  private final FileVolumeService volumes;
  private final Clock clock;
  private final AtomicLong acts = new AtomicLong();

  @Activate
  public VolumeSnapshots(@Reference FileVolumeService volumes) {
    this(volumes, new SystemClock());
  }

  VolumeSnapshots(FileVolumeService volumes, Clock clock) {
    this.volumes = volumes;
    this.clock = clock;
  }

  @Override
  public SnapshotInfo create(String volume, String name, String description) {
    Names.check("snapshot", name);
    if (description.getBytes(StandardCharsets.UTF_8).length > SnapshotEntry.MAX_DESCRIPTION_BYTES) {
      throw CoterieException.of(
          "COT-0532",
          ExitCode.USAGE,
          "the description has more than " + SnapshotEntry.MAX_DESCRIPTION_BYTES + " bytes",
          "a shorter one");
    }
    LogVolume log = volumes.volume(volume).volume();
    synchronized (log) { // so that no name is taken twice
      requireRoomFor(volume, log, name);
      try {
        log.takeSnapshot(name, description, clock.wallMillis());
      } catch (IOException e) {
        throw notStored(volume, e);
      }
    }
    return info(volume, log, find(volume, log, name));
  }

  /** Refuses a name that is taken, and more snapshots than there may be. */
  static void requireRoomFor(String volume, LogVolume log, String name) {
    if (log.snapshots().list().stream().anyMatch(s -> s.name().equals(name))) {
      throw CoterieException.of(
          "COT-0529",
          ExitCode.REFUSED,
          "volume " + volume + " has a snapshot " + name,
          "coterie volume snapshot list " + volume);
    }
    if (log.snapshots().list().size() + log.snapshots().deleting() >= MAX_SNAPSHOTS) {
      throw CoterieException.of(
          "COT-0531",
          ExitCode.REFUSED,
          "volume " + volume + " has " + MAX_SNAPSHOTS + " snapshots",
          "coterie volume snapshot rm " + volume + " NAME");
    }
  }

  @Override
  public List<SnapshotInfo> list(String volume) {
    LogVolume log = volumes.volume(volume).volume();
    List<SnapshotInfo> all = new ArrayList<>();
    for (SnapshotEntry entry : log.snapshots().list()) {
      if (!entry.name().startsWith(HIDDEN)) {
        all.add(info(volume, log, entry));
      }
    }
    return all;
  }

  @Override
  public SnapshotInfo info(String volume, String name) {
    LogVolume log = volumes.volume(volume).volume();
    return info(volume, log, find(volume, log, name));
  }

  @Override
  public void delete(String volume, String name) {
    LogVolume log = volumes.volume(volume).volume();
    synchronized (log) {
      find(volume, log, name);
      try {
        log.deleteSnapshot(name);
      } catch (IOException e) {
        throw notStored(volume, e);
      }
    }
  }

  /** A moment of a volume for one act. */
  interface Moment extends AutoCloseable {
    /** Under which the volume has it. */
    String name();

    BlockDevice device();

    @Override
    void close();
  }

  /**
   * Keeps the volume as it is now until it is closed; what a killed device left of such a moment
   * goes when the volume is opened.
   *
   * @throws IOException when the volume takes no snapshot
   */
  Moment moment(String volume) throws IOException {
    LogVolume log = volumes.volume(volume).volume();
    String name = HIDDEN + clock.wallMillis() + "-" + acts.incrementAndGet();
    synchronized (log) {
      log.takeSnapshot(name, "", clock.wallMillis());
    }
    BlockDevice device =
        new SnapshotDevice(log.snapshots(), name, find(volume, log, name).sizeBytes());
    return new Moment() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public BlockDevice device() {
        return device;
      }

      @Override
      public void close() {
        synchronized (log) {
          try {
            log.deleteSnapshot(name);
          } catch (IOException e) {
            LOG.warn("COT-0530 a snapshot for one act stays for now: {}", e.getMessage());
          }
        }
      }
    };
  }

  /** What is done with the content of a volume. */
  interface Use<T, E extends Exception> {
    T of(BlockDevice content) throws E;
  }

  /**
   * Uses a volume as it is now. One that takes no snapshot any more is used as it goes: perhaps to
   * save what is left.
   *
   * @param live the volume itself
   */
  <T, E extends Exception> T atOneMoment(String volume, BlockDevice live, Use<T, E> use) throws E {
    Moment moment;
    try {
      moment = moment(volume);
    } catch (IOException e) {
      LOG.warn("COT-0533 {} is read as it goes, not at one moment: {}", volume, e.getMessage());
      return use.of(live);
    }
    try (moment) {
      return use.of(moment.device());
    }
  }

  @Override
  public BlockDevice open(String volume, String name) {
    LogVolume log = volumes.volume(volume).volume();
    return new SnapshotDevice(log.snapshots(), name, find(volume, log, name).sizeBytes());
  }

  @Override
  public void difference(String volume, String name, String other, RunVisitor visitor) {
    LogVolume log = volumes.volume(volume).volume();
    find(volume, log, name);
    find(volume, log, other);
    try {
      log.snapshots()
          .differences(
              name,
              other,
              (first, blocks, hasData) ->
                  visitor.run(first * Sizes.BLOCK, blocks * Sizes.BLOCK, hasData));
    } catch (IOException e) {
      throw damaged(volume, e);
    }
  }

  /** A snapshot that is there, also one for an act. */
  SnapshotEntry entry(String volume, String name) {
    return find(volume, volumes.volume(volume).volume(), name);
  }

  private static SnapshotEntry find(String volume, LogVolume log, String name) {
    return log.snapshots().list().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                CoterieException.of(
                    "COT-0528",
                    ExitCode.NOT_FOUND,
                    "volume " + volume + " has no snapshot '" + name + "'",
                    "coterie volume snapshot list " + volume));
  }

  private static SnapshotInfo info(String volume, LogVolume log, SnapshotEntry entry) {
    try {
      return new SnapshotInfo(
          volume,
          entry.name(),
          entry.description(),
          entry.createdMillis(),
          entry.sizeBytes(),
          entry.mappedBlocks() * Sizes.BLOCK,
          log.snapshots().ownBytes(entry.name()));
    } catch (IOException e) {
      throw damaged(volume, e);
    }
  }

  private static CoterieException damaged(String volume, IOException e) {
    return CoterieException.of(
        "COT-0504",
        ExitCode.FAILED,
        "snapshots of volume " + volume + " cannot be read: " + e.getMessage(),
        "coterie volume check " + volume,
        e);
  }

  static CoterieException notStored(String volume, IOException e) {
    return CoterieException.of(
        "COT-0530",
        ExitCode.FAILED,
        "the snapshots of volume " + volume + " are as they were: " + e.getMessage(),
        "coterie volume info " + volume,
        e);
  }
}
