package io.coterie.volume.internal.command;

import io.coterie.base.table.Table;
import io.coterie.volume.api.ScrubState;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume info}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-info",
    description = "Shows one volume: encryption, space, who may write it",
    detailedDescription = "Example: coterie volume info web-disk")
public final class VolumeInfoCommand implements Action {
  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference VolumeService volumes;

  @Override
  public Object execute() {
    VolumeInfo v = volumes.info(name);
    new Table(
            "volume",
            "name",
            "id",
            "size_bytes",
            "data_bytes",
            "live_bytes",
            "stored_bytes",
            "shared_bytes",
            "snapshots",
            "encryption",
            "cipher",
            "compression",
            "key_id",
            "key_wrap",
            "key_epoch",
            "under_newest_key",
            "rekey",
            "rekey_every",
            "write_epoch",
            "writer",
            "read_whole",
            "damaged_blocks",
            "health")
        .row(
            v.name(),
            v.id(),
            v.sizeBytes(),
            v.dataBytes(),
            v.liveBytes(),
            v.storedBytes(),
            v.sharedBytes(),
            v.snapshots(),
            "ENABLED (PQC)",
            v.cipher(),
            v.compression(),
            v.keyId(),
            "X25519+ML-KEM-1024",
            v.keyState().epoch(),
            v.keyState().newestPercent() + " %",
            v.keyState().paused() ? "paused" : v.keyState().keys() > 1 ? "running" : "done",
            v.keyState().everyMillis() == 0
                ? "never"
                : v.keyState().everyMillis() / 86_400_000 + "d",
            v.writeEpoch(),
            v.writer(),
            v.scrub() == null ? "never" : seconds(v.scrub()),
            v.scrub() == null ? null : v.scrub().damagedBlocks(),
            v.health())
        .print(System.out, output);
    return null;
  }

  private static String seconds(ScrubState scrub) {
    return Instant.ofEpochMilli(scrub.atMillis()).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
