package io.coterie.volume.internal.engine;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.Threads;
import io.coterie.volume.internal.memory.MapBudget;

/**
 * What all open volumes of a device share.
 *
 * @param budget what their maps may take of memory
 */
public record EngineContext(
    Entropy entropy, Threads threads, Clock clock, MapBudget budget, CleaningPolicy cleaning) {}
