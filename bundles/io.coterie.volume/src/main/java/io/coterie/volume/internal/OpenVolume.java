package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.FaultPoints;
import io.coterie.crypto.api.CryptoException;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeHeader.Rekeying;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A volume with its grants. The single-writer rule lives here: the right of one writer ends, and
 * its writes are durable, before the right of the next begins. Thread-safe.
 */
final class OpenVolume implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenVolume.class);
  private static final long DRAIN_MILLIS = 10_000;
  private static final int TOKEN_BYTES = 16;

  /** Begins the holder of a grant for an act within this device; no device has such a name. */
  static final String ACT = "this device: ";

  private final String name;
  private final Path directory;
  private final HeaderFiles headers;
  private final VolumeKeys keys;
  private final LogVolume volume;
  private final Entropy entropy;
  private final FaultPoints faults;
  private final Map<String, Clients> clients = new HashMap<>();
  private GrantTable grants;
  private VolumeHeader header;

  OpenVolume(
      String name,
      Path directory,
      HeaderFiles headers,
      VolumeHeader header,
      VolumeKeys keys,
      LogVolume volume,
      GrantTable grants,
      Entropy entropy,
      FaultPoints faults) {
    this.name = name;
    this.directory = directory;
    this.headers = headers;
    this.header = header;
    this.keys = keys;
    this.volume = volume;
    this.grants = grants;
    this.entropy = entropy;
    this.faults = faults;
  }

  /** The gate of a grant and who is connected under it. */
  private record Clients(Gate gate, Set<Runnable> onRevoked) {}

  synchronized VolumeHeader header() {
    return header;
  }

  VolumeKeys keys() {
    return keys;
  }

  LogVolume volume() {
    return volume;
  }

  /**
   * Begins a new epoch: from here on everything new is sealed under a new key, and what there is
   * follows in the background.
   */
  synchronized void rekey(long nowMillis) throws IOException {
    checkTakesWrites();
    checkRoomForEpoch();
    try (VolumeKeys next = keys.withNewEpoch(entropy, nowMillis)) {
      Rekeying wish = new Rekeying(false, header.rekeying().everyMillis());
      header = headers.rewrite(directory, header, next, wish, entropy);
      keys.adopt(next);
    }
    faults.reach("volume-key-changed");
    store(grants); // the newest key authenticates it
    goOnReencrypting();
  }

  private void checkTakesWrites() throws IOException {
    if (volume.readOnlyReason() != null) {
      throw new IOException("the volume takes no writes: " + volume.readOnlyReason());
    }
  }

  /** Lets one more recipient open the volume. */
  synchronized void addRecipient(KeySlot.Recipient recipient) throws IOException, CryptoException {
    checkTakesWrites();
    header = headers.withRecipient(directory, header, keys, recipient, entropy);
  }

  /**
   * From here on only these recipients can open the volume: under a new wrapping key, and with a
   * new epoch, since whoever is gone knows the keys up to now.
   */
  synchronized void keepRecipients(List<KeySlot.Recipient> stay, long nowMillis)
      throws IOException, CryptoException {
    checkTakesWrites();
    checkRoomForEpoch();
    try (VolumeKeys next = keys.withNewEpoch(entropy, nowMillis)) {
      Rekeying wish = new Rekeying(false, header.rekeying().everyMillis());
      header = headers.forRecipients(directory, header, next, wish, stay, entropy);
      keys.adopt(next);
    }
    faults.reach("volume-key-changed");
    store(grants);
    goOnReencrypting();
  }

  private void checkRoomForEpoch() throws IOException {
    if (keys.epochCount() == VolumeKeys.MAX_EPOCHS) {
      throw new IOException("there are " + VolumeKeys.MAX_EPOCHS + " keys already");
    }
  }

  /** Sets what is to be done about old keys. */
  synchronized void setRekeying(Rekeying wish) throws IOException {
    checkTakesWrites();
    header = headers.rewrite(directory, header, keys, wish, entropy);
    goOnReencrypting();
  }

  /** Makes the volume larger. After a crash it has the old size or the new one. */
  synchronized void resize(long newSizeBytes) throws IOException {
    checkTakesWrites();
    VolumeHeader larger = header.resized(newSizeBytes);
    header = headers.rewrite(directory, larger, keys, header.rekeying(), entropy);
    faults.reach("volume-header-resized");
    volume.grow(newSizeBytes);
  }

  /** What was begun before goes on; also when the volume was just opened. */
  synchronized void goOnReencrypting() {
    boolean any = keys.epochCount() > 1;
    volume.reencrypt(!any || header.rekeying().paused(), any ? this::destroyOldKeys : null);
  }

  /** On the keeper's thread: nothing in the log needs an old key any more. */
  private void destroyOldKeys() {
    try {
      volume.renewRoots();
      faults.reach("volume-old-keys-unused");
      keepKeysInUse();
    } catch (IOException | CoterieException e) {
      LOG.warn("COT-0534 volume {}: old keys stay for now: {}", name, e.getMessage());
    }
  }

  /** What is in use is counted here once more: a new epoch may have begun meanwhile. */
  private synchronized void keepKeysInUse() throws IOException {
    store(grants);
    try (VolumeKeys rest = keys.copyFrom(volume.oldestEpochNeeded())) {
      if (rest.epochCount() < keys.epochCount()) {
        header = headers.rewrite(directory, header, rest, header.rekeying(), entropy);
        keys.adopt(rest);
        LOG.info("volume {}: keys before epoch {} are destroyed", name, keys.oldestEpoch());
      }
    }
    goOnReencrypting();
  }

  synchronized GrantTable grants() {
    return grants.copy();
  }

  synchronized boolean inUse() {
    return clients.values().stream().anyMatch(c -> !c.onRevoked().isEmpty());
  }

  /**
   * Ends the grants that acts of this device had when it was killed: nobody comes back for them.
   */
  synchronized void forgetActs() {
    GrantTable next = grants.copy();
    boolean any = false;
    for (Grant grant : grants.list()) {
      if (grant.holder().startsWith(ACT)) {
        next.remove(grant.export());
        any = true;
      }
    }
    if (any) {
      store(next);
    }
  }

  synchronized Grant issue(String holder, Grant.State state) {
    GrantTable next = grants.copy();
    if (next.full()) {
      next.remove(forgettable().export());
    }
    String token = HexFormat.of().formatHex(entropy.bytes(TOKEN_BYTES));
    String export = name + "." + (grants.writeEpoch() + 1) + "." + token;
    Grant grant = new Grant(name, export, holder, state, 0);
    next.add(grant);
    store(next);
    return grant;
  }

  /**
   * The oldest grant that a crash or a lost link left over: it may not write and nobody uses it. A
   * writer that was suspended goes before one that still waits.
   */
  private Grant forgettable() {
    for (Grant.State state :
        List.of(Grant.State.SUSPENDED, Grant.State.READ_ONLY, Grant.State.WAITING)) {
      for (Grant grant : grants.list()) {
        Clients connected = clients.get(grant.export());
        if (grant.state() == state && (connected == null || connected.onRevoked().isEmpty())) {
          return grant;
        }
      }
    }
    throw CoterieException.of(
        "COT-0507",
        ExitCode.REFUSED,
        "volume " + name + " has " + GrantTable.MAX_GRANTS + " grants in use already",
        "coterie volume info " + name);
  }

  /**
   * Ends the writer before, flushes, raises the epoch durably, and only then admits the new writer.
   */
  synchronized Grant activate(String export) {
    Grant grant = find(export);
    if (grant.state() == Grant.State.ACTIVE) {
      return grant;
    }
    if (grant.state() == Grant.State.READ_ONLY) {
      throw CoterieException.of(
          "COT-0508", ExitCode.REFUSED, "a read-only grant never writes", "issue another grant");
    }
    Grant before = grants.active();
    try {
      if (before != null) {
        // Its connection stays: if the next writer never comes up, this one goes on without a
        // hitch.
        drain(before, Gate.Right.FLUSH);
      }
      flush();
      faults.reach("volume-writer-drained");
      GrantTable next = grants.copy();
      Grant after = next.activate(grant);
      store(next);
      faults.reach("volume-writer-passed");
      gateOf(after).set(Gate.Right.WRITE);
      return after;
    } catch (RuntimeException e) {
      if (before != null) {
        gateOf(before).set(Gate.Right.WRITE);
      }
      throw e;
    }
  }

  /** See {@link io.coterie.volume.api.VolumeService#takeBack}. */
  synchronized Grant takeBack(String export, String from) {
    Grant active = grants.active();
    boolean possible =
        active == null || active.export().equals(export) || active.export().equals(from);
    if (!possible) {
      throw CoterieException.of(
          "COT-0526",
          ExitCode.REFUSED,
          "the right to write volume " + name + " has gone on to " + active.holder(),
          "coterie volume info " + name);
    }
    return activate(export);
  }

  synchronized void revoke(String export) {
    Grant grant = grants.find(export);
    if (grant == null) {
      return;
    }
    cut(grant);
    if (grant.state() != Grant.State.READ_ONLY) {
      flush();
    }
    GrantTable next = grants.copy();
    next.remove(grant.export());
    store(next);
    clients.remove(grant.export());
  }

  private void flush() {
    try {
      new GuardedDevice(volume, new Gate(Gate.Right.WRITE)).flush();
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0509",
          ExitCode.FAILED,
          "volume " + name + " could not be flushed: " + e.getMessage(),
          "coterie volume check " + name,
          e);
    }
  }

  private void cut(Grant grant) {
    Clients connected = clients.get(grant.export());
    if (connected == null) {
      return;
    }
    connected.gate().set(Gate.Right.NONE);
    List.copyOf(connected.onRevoked()).forEach(Runnable::run);
    drain(grant, Gate.Right.NONE);
  }

  private void drain(Grant grant, Gate.Right lower) {
    try {
      if (!gateOf(grant).lowerAndDrain(lower, DRAIN_MILLIS)) {
        throw CoterieException.of(
            "COT-0503",
            ExitCode.TIMED_OUT,
            "writes of "
                + grant.holder()
                + " to "
                + name
                + " did not end in "
                + DRAIN_MILLIS
                + " ms",
            "coterie volume info " + name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CoterieException.of("COT-0503", ExitCode.FAILED, "interrupted", "", e);
    }
  }

  synchronized Access open(String export, Runnable onRevoked) {
    Grant grant = find(export);
    if (grant.state() == Grant.State.SUSPENDED) {
      throw CoterieException.of(
          "COT-0506",
          ExitCode.REFUSED,
          "this right to write volume " + name + " has passed to another holder",
          "coterie volume info " + name);
    }
    Clients connected =
        clients.computeIfAbsent(
            grant.export(), e -> new Clients(new Gate(Gate.Right.NONE), new LinkedHashSet<>()));
    connected.gate().set(right(grant));
    connected.onRevoked().add(onRevoked);
    return new ClientAccess(
        new GuardedDevice(volume, connected.gate()),
        grant.state() == Grant.State.READ_ONLY,
        connected,
        onRevoked);
  }

  private Gate gateOf(Grant grant) {
    return clients
        .computeIfAbsent(
            grant.export(), e -> new Clients(new Gate(Gate.Right.NONE), new LinkedHashSet<>()))
        .gate();
  }

  private static Gate.Right right(Grant grant) {
    return switch (grant.state()) {
      case ACTIVE -> Gate.Right.WRITE;
      case WAITING, READ_ONLY -> Gate.Right.READ;
      case SUSPENDED -> Gate.Right.NONE;
    };
  }

  private Grant find(String export) {
    Grant grant = grants.find(export);
    if (grant == null) {
      throw CoterieException.of(
          "COT-0506", ExitCode.NOT_FOUND, "there is no such grant", "coterie volume list");
    }
    return grant;
  }

  private void store(GrantTable next) {
    try {
      SafeFiles.replace(directory.resolve(GrantTable.FILE), next.encode(keys));
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0505",
          ExitCode.FAILED,
          "the grants of volume " + name + " could not be stored: " + e.getMessage(),
          "coterie status",
          e);
    }
    grants = next;
  }

  @Override
  public void close() throws IOException {
    List<Clients> all;
    synchronized (this) {
      all = List.copyOf(clients.values());
    }
    for (Clients connected : all) {
      connected.gate().set(Gate.Right.NONE);
      List.copyOf(connected.onRevoked()).forEach(Runnable::run);
    }
    volume.close();
  }

  /** One client's use. */
  private final class ClientAccess implements Access {
    private final GuardedDevice device;
    private final boolean readOnly;
    private final Clients connected;
    private final Runnable onRevoked;

    ClientAccess(GuardedDevice device, boolean readOnly, Clients connected, Runnable onRevoked) {
      this.device = device;
      this.readOnly = readOnly;
      this.connected = connected;
      this.onRevoked = onRevoked;
    }

    @Override
    public BlockDevice device() {
      return device;
    }

    @Override
    public boolean readOnly() {
      return readOnly;
    }

    @Override
    public String volume() {
      return name;
    }

    @Override
    public void close() {
      synchronized (OpenVolume.this) {
        connected.onRevoked().remove(onRevoked);
      }
    }
  }
}
