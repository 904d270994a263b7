package io.coterie.vm.api;

/**
 * What a migration took.
 *
 * @param downtimeMillis from the stop at the source to the start at the target, as QEMU reports it
 */
public record MigrationReport(long totalMillis, long downtimeMillis, long movedBytes) {}
