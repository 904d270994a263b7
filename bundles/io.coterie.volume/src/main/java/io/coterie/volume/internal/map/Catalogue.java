package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.SnapshotEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The snapshots of a volume in the order of their eras. Immutable. */
public record Catalogue(List<SnapshotEntry> entries) {
  public static final Catalogue EMPTY = new Catalogue(List.of());

  public Catalogue {
    entries = List.copyOf(entries);
  }

  /** One that is there for people: not being deleted. */
  public Optional<SnapshotEntry> find(String name) {
    return entries.stream().filter(s -> !s.deleting() && s.name().equals(name)).findFirst();
  }

  /** One that is being deleted. */
  public Optional<SnapshotEntry> deleting() {
    Optional<SnapshotEntry> begun = entries.stream().filter(s -> s.cursor() > 0).findFirst();
    return begun.isPresent() ? begun : entries.stream().filter(SnapshotEntry::deleting).findFirst();
  }

  /** The era of the next older one, 0 if there is none. */
  public int eraBefore(SnapshotEntry entry) {
    int at = indexOf(entry.era());
    return at == 0 ? 0 : entries.get(at - 1).era();
  }

  /** The next newer one. */
  public Optional<SnapshotEntry> after(SnapshotEntry entry) {
    int at = indexOf(entry.era()) + 1;
    return at == entries.size() ? Optional.empty() : Optional.of(entries.get(at));
  }

  /** The next newer one that is not being deleted: its tree is whole. */
  public Optional<SnapshotEntry> keptAfter(SnapshotEntry entry) {
    return entries.stream().skip(indexOf(entry.era()) + 1).filter(s -> !s.deleting()).findFirst();
  }

  SnapshotEntry ofEra(int era) {
    return entries.get(indexOf(era));
  }

  private int indexOf(int era) {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).era() == era) {
        return i;
      }
    }
    throw new IllegalArgumentException("no snapshot ended era " + era);
  }

  Catalogue with(SnapshotEntry newest) {
    List<SnapshotEntry> all = new ArrayList<>(entries);
    all.add(newest);
    return new Catalogue(all);
  }

  /** With another state of one of them. */
  Catalogue replaced(SnapshotEntry entry) {
    List<SnapshotEntry> all = new ArrayList<>(entries);
    all.set(indexOf(entry.era()), entry);
    return new Catalogue(all);
  }

  Catalogue without(int era) {
    return new Catalogue(entries.stream().filter(s -> s.era() != era).toList());
  }
}
