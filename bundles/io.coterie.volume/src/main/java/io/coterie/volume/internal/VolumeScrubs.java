package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.Watcher;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads each volume whole once in a while, slowly beside its work, so that damage is found while a
 * copy of what is lost may still be somewhere.
 */
@Component(service = VolumeScrubs.class, immediate = true)
public final class VolumeScrubs {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeScrubs.class);
  private static final long FIRST_LOOK_MILLIS = TimeUnit.MINUTES.toMillis(10);

  /** The age at which what was found counts for nothing any more. */
  static final long EVERY_MILLIS = TimeUnit.DAYS.toMillis(30);

  /** So many times as long as a step took, the next one waits. */
  private static final int REST = 4;

  private static final long LONGEST_REST_MILLIS = 2_000;

  private final FileVolumeService volumes;
  private final Clock clock;
  private HourlyLook look;

  @Activate
  public VolumeScrubs(@Reference FileVolumeService volumes) {
    this(volumes, new SystemClock());
    look =
        new HourlyLook(
            "volume-scrubs",
            FIRST_LOOK_MILLIS,
            this::scrubWhatIsDue,
            "COT-0555 volumes were not read");
  }

  VolumeScrubs(FileVolumeService volumes, Clock clock) {
    this.volumes = volumes;
    this.clock = clock;
  }

  @Deactivate
  void stop() {
    look.stop();
  }

  /** Reads the volumes that nobody has read for long, one after the other. */
  void scrubWhatIsDue() {
    for (VolumeInfo info : volumes.list()) {
      boolean opens = info.keyState() != null;
      boolean due =
          info.scrub() == null || clock.wallMillis() - info.scrub().atMillis() >= EVERY_MILLIS;
      if (opens && due) {
        try {
          CheckReport report = scrub(info.name(), (what, percent) -> {});
          LOG.info("volume {}: {} blocks were read", info.name(), report.blocks());
        } catch (CoterieException e) {
          LOG.warn("COT-0555 volume {} was not read whole: {}", info.name(), e.what());
        }
      }
    }
  }

  /** Reads one now, slowly; what is found is remembered. */
  public CheckReport scrub(String volume, Watcher watcher) {
    return volumes.check(volume, new Slow(watcher));
  }

  /** Rests after each step, in proportion to what it took. */
  private final class Slow implements Watcher {
    private final Watcher watcher;
    private long begun = clock.monotonicMillis();

    Slow(Watcher watcher) {
      this.watcher = watcher;
    }

    @Override
    public void at(String what, int percent) {
      watcher.at(what, percent);
      long took = clock.monotonicMillis() - begun;
      try {
        Thread.sleep(Math.min(LONGEST_REST_MILLIS, REST * took));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      begun = clock.monotonicMillis();
    }
  }
}
