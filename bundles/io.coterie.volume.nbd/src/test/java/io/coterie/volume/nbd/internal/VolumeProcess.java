package io.coterie.volume.nbd.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.internal.engine.BlockPacking;
import io.coterie.volume.internal.engine.CleaningPolicy;
import io.coterie.volume.internal.engine.EngineContext;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.engine.Witness;
import io.coterie.volume.internal.files.DiskDirectory;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A process that serves one volume on a unix socket and takes and deletes snapshots of it: somebody
 * else kills it. Its keys are the same each time.
 */
final class VolumeProcess {
  private static final long SNAPSHOT_MILLIS = 60;
  private static final int SNAPSHOTS = 3;
  private static final long COLLECT_MILLIS = 50;

  private VolumeProcess() {}

  /** {@code DIRECTORY SOCKET SIZE}; prints one line when it serves. */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    long size = Long.parseLong(args[2]);
    boolean fresh = Files.notExists(directory);
    Files.createDirectories(directory);
    byte[] id = new byte[16];
    VolumeHeader header =
        new VolumeHeader(
            id,
            1,
            size,
            Aead.AES_256_GCM,
            VolumeHeader.NO_COMPRESSION,
            0,
            VolumeHeader.Rekeying.NONE,
            List.of(),
            new byte[Aead.NONCE_BYTES],
            new byte[0]);
    LogVolume volume =
        LogVolume.open(
            new DiskDirectory(directory),
            header,
            VolumeKeys.fresh(id, Aead.AES_256_GCM, new Random(1)::nextBytes, 0),
            AeadProviders.usual(Aead.AES_256_GCM),
            BlockPacking.none(),
            Witness.NONE,
            new EngineContext(
                new SystemEntropy(),
                new SystemThreads(),
                new SystemClock(),
                MapBudget.ofThisProcess(),
                CleaningPolicy.usual()),
            fresh);
    CheckReport report = volume.check();
    new UnixListener(Path.of(args[1]), new SystemThreads(), client -> serve(client, volume));
    System.out.println(
        report.damagedBlocks()
            + " damaged, takes writes "
            + (volume.readOnlyReason() == null)
            + " "
            + volume.findings());
    Thread answers = new Thread(VolumeProcess::tellUsage, "usage");
    answers.setDaemon(true);
    answers.start();
    while (true) {
      Thread.sleep(SNAPSHOT_MILLIS);
      snapshots(volume);
    }
  }

  /** Says for each line that comes what this process holds after a full collection. */
  private static void tellUsage() {
    try (BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, US_ASCII))) {
      while (asked.readLine() != null) {
        for (int i = 0; i < 2; i++) { // buffers are freed a moment after nobody has them any more
          Thread.sleep(COLLECT_MILLIS);
          System.gc();
        }
        Thread.sleep(COLLECT_MILLIS);
        long direct =
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        System.out.println(
            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
                + " "
                + direct
                + " "
                + ManagementFactory.getThreadMXBean().getThreadCount()
                + " "
                + Path.of("/proc/self/fd").toFile().list().length);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void snapshots(LogVolume volume) throws IOException {
    List<SnapshotEntry> there = volume.snapshots().list();
    if (there.size() >= SNAPSHOTS) {
      volume.deleteSnapshot(there.get(0).name());
    }
    volume.takeSnapshot("s" + System.nanoTime(), "", 0);
  }

  private static void serve(SocketChannel client, LogVolume volume) {
    Thread thread = new Thread(() -> session(client, volume), "session");
    thread.setDaemon(true);
    thread.start();
  }

  private static void session(SocketChannel client, LogVolume volume) {
    Duplex duplex = new SocketDuplex(client);
    InputBuffer in = new InputBuffer(duplex);
    ReplyBuffer out = new ReplyBuffer(duplex);
    try {
      Negotiation.Agreed agreed = new Negotiation(in, out, export -> new Open(volume)).run();
      if (agreed != null) {
        new Transmission(in, out, agreed).run();
      }
    } catch (IOException e) {
      // the client is gone
    } finally {
      duplex.close();
    }
  }

  private record Open(LogVolume log) implements Access {
    @Override
    public BlockDevice device() {
      return new GuardedDevice(log, new GuardedDevice.Gate(GuardedDevice.Gate.Right.WRITE));
    }

    @Override
    public boolean readOnly() {
      return false;
    }

    @Override
    public String volume() {
      return "v";
    }

    @Override
    public void close() {
      // It is open for all.
    }
  }
}
