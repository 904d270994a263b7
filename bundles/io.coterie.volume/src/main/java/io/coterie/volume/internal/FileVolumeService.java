package io.coterie.volume.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Names;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.FaultPoints;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemFaultPoints;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.ScrubState;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import io.coterie.volume.api.Watcher;
import io.coterie.volume.internal.engine.CleaningPolicy;
import io.coterie.volume.internal.engine.EngineContext;
import io.coterie.volume.internal.engine.VolumeCheck;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The volumes under {@code volumes/}, one directory each. A volume is opened when first used. */
@Component(service = {VolumeService.class, FileVolumeService.class})
public final class FileVolumeService implements VolumeService {
  private static final Logger LOG = LoggerFactory.getLogger(FileVolumeService.class);

  private final HeaderFiles headers;
  private final Path directory;
  private final Entropy entropy;
  private final EngineContext context;
  private final Map<String, OpenVolume> open = new TreeMap<>();
  private final VolumeLoading loading;
  private final Ownership ownership;
  private final VolumeMaking making;
  private boolean closed;

  @Activate
  public FileVolumeService(
      @Reference LocalIdentity identity,
      @Reference VolumeAlgorithms algorithms,
      @Reference(target = "(" + Aead.ALGORITHM + "=" + Aead.AES_256_GCM + ")") Aead aes,
      @Reference(target = "(" + Aead.ALGORITHM + "=" + Aead.CHACHA20_POLY1305 + ")") Aead chacha)
      throws IOException {
    this(
        DeviceHome.ofThisProcess(),
        identity,
        algorithms,
        List.of(aes, chacha),
        new SystemEntropy(),
        new SystemThreads(),
        new SystemClock(),
        new SystemFaultPoints());
  }

  FileVolumeService(
      DeviceHome home,
      LocalIdentity identity,
      VolumeAlgorithms algorithms,
      List<Aead> aeads,
      Entropy entropy,
      Threads threads,
      Clock clock,
      FaultPoints faults)
      throws IOException {
    Map<String, Aead> ciphers = new TreeMap<>();
    aeads.forEach(aead -> ciphers.put(aead.algorithm(), aead));
    this.headers = new HeaderFiles(new RecipientBoxes(identity), ciphers);
    this.directory = home.directory("volumes");
    this.entropy = entropy;
    this.context =
        new EngineContext(
            entropy, threads, clock, MapBudget.ofThisProcess(), CleaningPolicy.usual());
    VolumePackings packings = new VolumePackings(algorithms, clock);
    this.loading =
        new VolumeLoading(directory, headers, ciphers, packings, entropy, context, faults);
    this.making = new VolumeMaking(directory, headers, ciphers, packings, entropy, clock, context);
    this.ownership = new Ownership(directory);
  }

  /**
   * Waits until the service before has closed its volumes. Whatever touches volumes comes by here
   * first.
   */
  private synchronized void own() {
    if (closed) {
      throw stopping();
    }
    if (ownership.take()) {
      try {
        making.removeHalfMade();
      } catch (IOException e) {
        LOG.warn("COT-0513 what interrupted acts left stays: {}", e.getMessage());
      }
    }
  }

  private static CoterieException stopping() {
    return CoterieException.of(
        "COT-0516", ExitCode.FAILED, "the volume service is stopping", "try again");
  }

  private Path pathOf(String name) {
    return VolumeMaking.pathOf(directory, name);
  }

  @Override
  public VolumeInfo create(String name, long sizeBytes, String cipher) {
    return create(name, sizeBytes, cipher, null);
  }

  @Override
  public VolumeInfo create(String name, long sizeBytes, String cipher, String compression) {
    return create(name, sizeBytes, cipher, compression, empty -> {});
  }

  @Override
  public VolumeInfo create(
      String name, long sizeBytes, String cipher, BlockDevice source, Watcher watcher) {
    if (source.sizeBytes() > sizeBytes) {
      throw new IllegalArgumentException("the source is larger than " + sizeBytes + " bytes");
    }
    return create(name, sizeBytes, cipher, null, new VolumeCopy(source, watcher));
  }

  /** As {@link VolumeService#create}; the volume appears when its content is written. */
  VolumeInfo create(
      String name,
      long sizeBytes,
      String cipher,
      String compression,
      VolumeMaking.Content content) {
    own();
    making.make(Names.check("volume", name), sizeBytes, cipher, compression, content);
    return info(name);
  }

  /** Refuses a name that no new volume can have. */
  public void checkFree(String name) {
    making.checkFree(Names.check("volume", name));
  }

  /** Makes a volume that shares what a snapshot of another one holds. */
  VolumeInfo makeClone(String source, String snapshot, String name, Watcher watcher) {
    making.makeClone(Names.check("volume", name), volume(source), snapshot, watcher);
    return info(name);
  }

  @Override
  public void resize(String name, long sizeBytes) {
    OpenVolume v = volume(name);
    synchronized (v) {
      checkGrowth(name, v.header().sizeBytes(), sizeBytes);
      try {
        v.resize(sizeBytes);
      } catch (IOException e) {
        throw CoterieException.of(
            "COT-0548",
            ExitCode.FAILED,
            "volume " + name + " could not be made larger: " + e.getMessage(),
            "coterie volume info " + name,
            e);
      }
    }
  }

  /** Refuses what {@link #resize} refuses. */
  public static void checkGrowth(String name, long sizeBytes, long wantedBytes) {
    VolumeMaking.checkSize(wantedBytes);
    if (wantedBytes < sizeBytes) {
      throw CoterieException.of(
          "COT-0547",
          ExitCode.REFUSED,
          "volume " + name + " has " + sizeBytes + " bytes, and volumes only grow",
          "copy what it holds into a smaller one");
    }
  }

  synchronized OpenVolume volume(String name) {
    OpenVolume found = open.get(name);
    if (found == null) {
      own();
      Path path = existing(name);
      found = loading.load(name, path);
      open.put(name, found);
    }
    return found;
  }

  private Path existing(String name) {
    Path path = pathOf(Names.check("volume", name));
    if (!Files.isDirectory(path)) {
      throw CoterieException.of(
          "COT-0501",
          ExitCode.NOT_FOUND,
          "there is no volume named '" + name + "'",
          "coterie volume list");
    }
    return path;
  }

  /**
   * Takes the files of a volume as they are, though they are older than the volume was: from a
   * backup, perhaps.
   */
  public synchronized void accept(String name) {
    OpenVolume v = volume(name);
    try {
      if (v.inUse()) {
        throw CoterieException.of(
            "COT-0503",
            ExitCode.REFUSED,
            "volume " + name + " is in use",
            "coterie volume info " + name);
      }
      v.close();
      open.remove(name);
      loading.witness(v.header()).forget();
    } catch (IOException e) {
      throw VolumeLoading.unusable(
          name, "cannot be closed: " + e.getMessage(), "coterie status", e);
    }
  }

  /**
   * Lets this device open a volume for which it has no slot. The other way may take long: nobody
   * waits for it.
   *
   * @return false when that way does not open it
   */
  boolean adopt(String name, HeaderFiles.OtherWay way) throws CryptoException {
    own();
    Path path = existing(name);
    try {
      requireLocked(name, path);
      Optional<DestroyableKey> found = headers.find(path, way);
      if (found.isEmpty()) {
        return false;
      }
      try (DestroyableKey wrapping = found.get()) {
        adopt(name, path, wrapping);
      }
      return true;
    } catch (MalformedInputException e) {
      throw VolumeLoading.unusable(
          name, "is damaged: " + e.getMessage(), "put back a copy of it", e);
    } catch (IOException e) {
      throw VolumeLoading.unusable(
          name, "cannot be opened: " + e.getMessage(), "coterie status", e);
    }
  }

  private synchronized void adopt(String name, Path path, DestroyableKey wrapping)
      throws IOException, CryptoException {
    requireLocked(name, path);
    headers.adopt(path, wrapping, entropy);
  }

  private synchronized void requireLocked(String name, Path path) throws IOException {
    Optional<HeaderFiles.Opened> own =
        open.containsKey(name) ? Optional.empty() : headers.read(path);
    own.ifPresent(opened -> opened.keys().close());
    if (open.containsKey(name) || own.isPresent()) {
      throw CoterieException.of(
          "COT-0539",
          ExitCode.REFUSED,
          "this device can open volume " + name + " already",
          "coterie volume info " + name);
    }
  }

  @Override
  public List<VolumeInfo> list() {
    List<VolumeInfo> all = new ArrayList<>();
    for (String name : names()) {
      try {
        all.add(info(name));
      } catch (CoterieException e) {
        all.add(VolumeDescription.unopened(name, e));
      }
    }
    return all;
  }

  private List<String> names() {
    own();
    try (Stream<Path> found = Files.list(directory)) {
      return found
          .map(p -> p.getFileName().toString())
          .filter(n -> n.endsWith(VolumeMaking.SUFFIX))
          .map(n -> n.substring(0, n.length() - VolumeMaking.SUFFIX.length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0518", ExitCode.FAILED, "volumes cannot be listed: " + e.getMessage(), "ls", e);
    }
  }

  @Override
  public VolumeInfo info(String name) {
    return VolumeDescription.of(name, pathOf(name), volume(name));
  }

  /** The volume; null for one that cannot be opened, which has no writer. */
  private OpenVolume openUnlessDamaged(String name) {
    try {
      return volume(name);
    } catch (CoterieException e) {
      boolean damaged = e.getCause() instanceof MalformedInputException;
      if (damaged || e.code().equals("COT-0517") || e.code().equals("COT-0556")) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public void delete(String name) {
    delete(name, writer -> false);
  }

  @Override
  public void deleteOwn(String name, String ownExport) {
    delete(name, writer -> writer.export().equals(ownExport));
  }

  @Override
  public void deleteFromWriter(String name) {
    delete(name, writer -> true);
  }

  private synchronized void delete(String name, Predicate<Grant> mayGo) {
    OpenVolume v = openUnlessDamaged(name);
    Grant writer = v == null ? null : v.grants().active();
    if (v != null && (v.inUse() || (writer != null && !mayGo.test(writer)))) {
      throw CoterieException.of(
          "COT-0503",
          ExitCode.REFUSED,
          "volume "
              + name
              + (v.inUse()
                  ? " is in use"
                  : " may be written by " + writer.holder() + " at any time"),
          "coterie volume info " + name);
    }
    try {
      if (v != null) {
        v.close();
        open.remove(name);
        loading.witness(v.header()).forget();
      }
      making.remove(name);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0519",
          ExitCode.FAILED,
          "volume " + name + " could not be deleted: " + e.getMessage(),
          "",
          e);
    }
  }

  @Override
  public CheckReport check(String name) {
    return check(name, (what, percent) -> {});
  }

  /** As {@link VolumeService#check}; somebody hears how far it is. */
  public CheckReport check(String name, Watcher watcher) {
    try {
      CheckReport report = new VolumeCheck(volume(name).volume(), watcher).run();
      ScrubFile.write(
          pathOf(name),
          new ScrubState(context.clock().wallMillis(), report.blocks(), report.damagedBlocks()));
      return report;
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0504",
          ExitCode.FAILED,
          "the check broke off: " + e.getMessage(),
          "coterie status",
          e);
    }
  }

  @Override
  public Grant issue(String name, String holder) {
    return volume(name).issue(holder, Grant.State.WAITING);
  }

  @Override
  public Grant issueReadOnly(String name, String holder) {
    return volume(name).issue(holder, Grant.State.READ_ONLY);
  }

  @Override
  public Grant activate(String export) {
    return ofExport(export).activate(export);
  }

  @Override
  public Grant takeBack(String export, String from) {
    return ofExport(export).takeBack(export, from);
  }

  @Override
  public void revoke(String export) {
    ofExport(export).revoke(export);
  }

  @Override
  public List<Grant> grants(String name) {
    return volume(name).grants().list();
  }

  @Override
  public Access open(String export, Runnable onRevoked) {
    return ofExport(export).open(export, onRevoked);
  }

  private OpenVolume ofExport(String export) {
    int dot = export.indexOf('.');
    if (dot < 1 || !Files.isDirectory(pathOf(Names.check("volume", export.substring(0, dot))))) {
      throw CoterieException.of(
          "COT-0506", ExitCode.NOT_FOUND, "there is no such grant", "coterie volume list");
    }
    return volume(export.substring(0, dot));
  }

  /** Closes every volume in good order. */
  @Deactivate
  void close() {
    making.stop(); // without the lock: those who make volumes may need it
    closeAll();
  }

  private synchronized void closeAll() {
    closed = true;
    for (Map.Entry<String, OpenVolume> entry : open.entrySet()) {
      try {
        entry.getValue().close();
      } catch (IOException | RuntimeException e) {
        LOG.error("COT-0520 volume {} did not close cleanly", entry.getKey(), e);
      }
    }
    open.clear();
    try {
      ownership.release();
    } catch (IOException e) {
      LOG.warn("COT-0520 the volumes stay locked: {}", e.getMessage());
    }
  }
}
