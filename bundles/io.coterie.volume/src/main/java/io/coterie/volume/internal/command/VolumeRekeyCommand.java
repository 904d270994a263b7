package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.KeyState;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeKeyService;
import io.coterie.volume.api.VolumeService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume rekey}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-rekey",
    description = "Gives a volume a new key and seals what there is anew, while it is in use",
    detailedDescription = "Example: coterie volume rekey web")
public final class VolumeRekeyCommand implements Action {
  private static final long WAIT_MILLIS = 24 * 3_600_000L;
  private static final long LOOK_MILLIS = 200;
  private static final long MAX_STILL_MINUTES = 30;
  private static final long MAX_LOOKS_WITHOUT_PROGRESS =
      TimeUnit.MINUTES.toMillis(MAX_STILL_MINUTES) / LOOK_MILLIS;
  private static final Pattern DAYS = Pattern.compile("([1-9][0-9]{0,3})d");

  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "--every", description = "Do it by itself at this age, as 30d; never to stop that")
  String every;

  @Option(name = "--pause", description = "Leave what is under old keys as it is for now")
  boolean pause;

  @Option(name = "--resume", description = "Go on sealing what is under old keys anew")
  boolean resume;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Reference VolumeService volumes;
  @Reference VolumeKeyService keys;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    if (every != null) {
      long everyMillis = millis(every);
      if (plan) {
        return said("keys of " + volumes.info(name).name() + " would be replaced: " + every);
      }
      keys.every(name, everyMillis);
      System.out.println(
          "keys of " + name + (every.equals("never") ? " stay" : " are replaced every " + every));
      return null;
    }
    if (plan) {
      return pause || resume
          ? said(percent() + " % of " + name + " are under its newest key, and no key would change")
          : plan(volumes.info(name));
    }
    if (pause) {
      keys.pause(name, true);
      System.out.println("paused; " + percent() + " % of " + name + " are under its newest key");
      return null;
    }
    if (resume) {
      keys.pause(name, false);
    } else {
      keys.rekey(name);
    }
    OperationInfo started = operations.start("volume-rekey", name, this::follow);
    System.out.println(
        noWait
            ? started.id()
            : operations.follow(started.id(), WAIT_MILLIS, System.err::println).result());
    return null;
  }

  private static Object said(String text) {
    System.out.println(text);
    return null;
  }

  private static Object plan(VolumeInfo v) {
    System.out.println(
        "volume "
            + v.name()
            + " would get key epoch "
            + (v.keyState().epoch() + 1)
            + " at once; up to "
            + Sizes.format(v.liveBytes())
            + " would be sealed anew in the background while it is used, and then "
            + v.keyState().keys()
            + " older key"
            + (v.keyState().keys() == 1 ? "" : "s")
            + " destroyed");
    return null;
  }

  private static long millis(String text) {
    Matcher days = DAYS.matcher(text);
    if (text.equals("never")) {
      return 0;
    }
    if (!days.matches()) {
      throw CoterieException.of(
          "COT-0536", ExitCode.USAGE, "'" + text + "' is no age of a key", "--every 30d or never");
    }
    return TimeUnit.DAYS.toMillis(Long.parseLong(days.group(1)));
  }

  private int percent() {
    return volumes.info(name).keyState().newestPercent();
  }

  /** The work is the volume's own; this only looks at how far it is. */
  private String follow(Progress progress) {
    int reached = 0;
    long looks = 0;
    while (true) {
      KeyState state = volumes.info(name).keyState();
      if (state.keys() == 1) {
        return name + " is under key epoch " + state.epoch() + ", older keys are destroyed";
      }
      if (state.paused()) {
        return "paused; " + state.newestPercent() + " % of " + name + " are under its newest key";
      }
      progress.checkCancelled();
      progress.report("sealing anew", state.newestPercent());
      looks = state.newestPercent() > reached ? 0 : looks + 1;
      reached = Math.max(reached, state.newestPercent());
      if (looks > MAX_LOOKS_WITHOUT_PROGRESS) {
        throw stuck(reached);
      }
      try {
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "interrupted; " + name + " goes on by itself";
      }
    }
  }

  private CoterieException stuck(int percent) {
    return CoterieException.of(
        "COT-0537",
        ExitCode.TIMED_OUT,
        name
            + " has been at "
            + percent
            + " % for "
            + MAX_STILL_MINUTES
            + " minutes; it goes on by itself. Its health: "
            + volumes.info(name).health(),
        "coterie volume check " + name);
  }
}
