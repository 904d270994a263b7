package io.coterie.volume.internal;

import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Watcher;

/** Tells an operation how far it is, and ends with it when it is cancelled. */
public record ProgressWatcher(Progress progress) implements Watcher {
  @Override
  public void at(String what, int percent) {
    progress.checkCancelled();
    progress.report(what, percent);
  }
}
