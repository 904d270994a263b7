package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeKeyService;
import io.coterie.volume.internal.format.VolumeHeader.Rekeying;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** New keys for volumes, by command and when the old ones have the age that was set. */
@Component(service = VolumeKeyService.class, immediate = true)
public final class VolumeKeyChanges implements VolumeKeyService {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeKeyChanges.class);
  private static final long FIRST_LOOK_MILLIS = TimeUnit.MINUTES.toMillis(1);
  private static final long SHORTEST_MILLIS = TimeUnit.DAYS.toMillis(1);

  private final FileVolumeService volumes;
  private final Clock clock;
  private HourlyLook look;

  @Activate
  public VolumeKeyChanges(@Reference FileVolumeService volumes) {
    this(volumes, new SystemClock());
    look =
        new HourlyLook(
            "volume-key-changes",
            FIRST_LOOK_MILLIS,
            this::rekeyWhatIsDue,
            "COT-0535 keys of volumes were not looked at");
  }

  VolumeKeyChanges(FileVolumeService volumes, Clock clock) {
    this.volumes = volumes;
    this.clock = clock;
  }

  @Deactivate
  void stop() {
    look.stop();
  }

  /** Gives a new key to each volume whose key has the age that was set for it. */
  void rekeyWhatIsDue() {
    for (VolumeInfo info : volumes.list()) {
      boolean due =
          info.keyState() != null
              && info.keyState().everyMillis() > 0
              && clock.wallMillis() - info.keyState().sinceMillis()
                  >= info.keyState().everyMillis();
      if (due) {
        try {
          rekey(info.name());
          LOG.info("volume {} has a new key: the old one had its age", info.name());
        } catch (CoterieException e) {
          LOG.warn("COT-0535 volume {}: {}", info.name(), e.what());
        }
      }
    }
  }

  @Override
  public void rekey(String volume) {
    OpenVolume open = volumes.volume(volume);
    try {
      open.rekey(clock.wallMillis());
    } catch (IOException e) {
      throw notStored(volume, e);
    }
  }

  @Override
  public void pause(String volume, boolean paused) {
    OpenVolume open = volumes.volume(volume);
    set(volume, open, new Rekeying(paused, open.header().rekeying().everyMillis()));
  }

  @Override
  public void every(String volume, long everyMillis) {
    if (everyMillis != 0 && everyMillis < SHORTEST_MILLIS) {
      throw CoterieException.of(
          "COT-0536", ExitCode.USAGE, "keys are replaced every day at most", "--every 1d or more");
    }
    OpenVolume open = volumes.volume(volume);
    set(volume, open, new Rekeying(open.header().rekeying().paused(), everyMillis));
  }

  private static void set(String volume, OpenVolume open, Rekeying wish) {
    try {
      open.setRekeying(wish);
    } catch (IOException e) {
      throw notStored(volume, e);
    }
  }

  private static CoterieException notStored(String volume, IOException e) {
    return CoterieException.of(
        "COT-0535",
        ExitCode.FAILED,
        "the keys of volume " + volume + " are as they were: " + e.getMessage(),
        "coterie volume info " + volume,
        e);
  }
}
