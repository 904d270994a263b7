package io.coterie.identity.internal;

import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntryWords;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.identity.internal.roster.RosterState;
import io.coterie.mesh.api.PeerListener;
import io.coterie.ops.api.Audit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Writes down every entry of the roster that begins to count here, or does not count any more. */
@Component(service = PeerListener.class, immediate = true)
public final class RosterAudit implements PeerListener {
  private final RosterKeeper keeper;
  private final Audit audit;
  private List<Entry> counted;

  @Activate
  public RosterAudit(@Reference RosterKeeper keeper, @Reference Audit audit) {
    this.keeper = keeper;
    this.audit = audit;
    this.counted = chain();
  }

  private List<Entry> chain() {
    return keeper.look(tree -> tree.isEmpty() ? List.<Entry>of() : List.copyOf(tree.chain()));
  }

  @Override
  public synchronized void changed() {
    List<Entry> before = counted;
    counted = chain();
    if (counted.isEmpty()) {
      if (!before.isEmpty()) {
        audit.record("coterie-left", "roster", "this device belongs to no coterie now");
      }
      return;
    }
    write("roster-changed", before, counted);
    write("roster-undone", counted, before);
  }

  private void write(String event, List<Entry> known, List<Entry> entries) {
    Set<Hash> old = new HashSet<>();
    known.forEach(entry -> old.add(entry.hash()));
    for (Entry entry : entries) {
      if (!old.contains(entry.hash())) {
        RosterState state = keeper.state();
        audit.record(
            event, "entry " + entry.index() + " " + entry.hash(), EntryWords.of(entry, state));
      }
    }
  }
}
