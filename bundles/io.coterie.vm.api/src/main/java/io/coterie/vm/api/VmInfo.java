package io.coterie.vm.api;

import io.coterie.mesh.api.DeviceId;

/**
 * What is known of a machine.
 *
 * @param volume its encrypted volume, empty when its disk is plain
 * @param volumeHome the device that holds its volume, or its plain disk
 * @param accelerator {@code kvm} or {@code tcg}, or null when it does not run
 * @param pid of its process, or 0
 * @param ioErrors storage errors that its guest has seen since it was started here
 */
public record VmInfo(
    String name,
    String uuid,
    VmState state,
    int memoryMebibytes,
    int cpus,
    String volume,
    DeviceId volumeHome,
    String accelerator,
    long pid,
    long ioErrors,
    String note) {}
