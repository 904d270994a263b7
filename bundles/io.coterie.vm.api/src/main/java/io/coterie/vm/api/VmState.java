package io.coterie.vm.api;

/** Where a machine stands. */
public enum VmState {
  STOPPED,
  RUNNING,
  PAUSED,
  /** The guest waits because its storage failed. */
  IO_ERROR,
  /** Being received from another device. */
  INCOMING,
  /** Its process ended without being asked to. */
  CRASHED,
  /** The device was restarted, and it is being found out whether the machine runs. */
  SETTLING,
  /** A migration broke after the switch: which side runs is not known yet. */
  IN_DOUBT,
  /** Its definition cannot be read. */
  DAMAGED
}
