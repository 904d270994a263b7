package io.coterie.volume.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.name.Sizes;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockCodec;
import io.coterie.volume.api.Grant;
import io.coterie.volume.internal.archive.ArchiveHeader;
import io.coterie.volume.internal.archive.ArchiveReader;
import io.coterie.volume.internal.archive.ArchiveSubject;
import io.coterie.volume.internal.archive.SealedInput;
import io.coterie.volume.internal.archive.SealedOutput;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.SealingKeys;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Writes snapshots, or what changed between two, into files that only the volume's recipients can
 * open, and reads them back.
 */
@Component(service = VolumeArchives.class)
public final class VolumeArchives {
  private final FileVolumeService volumes;
  private final VolumeSnapshots snapshots;
  private final VolumeRecipients recipients;
  private final RecipientBoxes boxes;
  private final Entropy entropy;
  private final HotRef<BlockCodec> codec;
  private final HotRef<Aead> aead;

  @Activate
  public VolumeArchives(
      @Reference FileVolumeService volumes,
      @Reference VolumeSnapshots snapshots,
      @Reference VolumeRecipients recipients,
      @Reference LocalIdentity identity,
      @Reference VolumeAlgorithms algorithms) {
    this(volumes, snapshots, recipients, identity, algorithms, new SystemEntropy());
  }

  VolumeArchives(
      FileVolumeService volumes,
      VolumeSnapshots snapshots,
      VolumeRecipients recipients,
      LocalIdentity identity,
      VolumeAlgorithms algorithms,
      Entropy entropy) {
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.recipients = recipients;
    this.boxes = new RecipientBoxes(identity);
    this.codec = algorithms.codec();
    this.aead = algorithms.aead();
    this.entropy = entropy;
  }

  /**
   * Writes an archive and returns one line about it.
   *
   * @param snapshot what to write, or null for the volume as it is when this begins
   * @param since the older snapshot that the archive builds on, or null for a whole one
   * @param target a file that is not there yet
   */
  public String write(
      String volume, String snapshot, String since, Path target, Progress progress) {
    NewFile.requireFree(target);
    // A grant keeps the volume from being deleted meanwhile.
    Grant grant = volumes.issueReadOnly(volume, OpenVolume.ACT + "archive");
    try (Access ignored = volumes.open(grant.export(), () -> {});
        ArchiveSource source = ArchiveSource.open(volumes, snapshots, volume, snapshot, since);
        NewFile file = NewFile.of(target)) {
      int readers = write(volume, source, file.channel(), progress);
      file.complete();
      return "wrote "
          + target
          + ", "
          + Sizes.format(source.dataBytes())
          + " of data in "
          + Sizes.format(Files.size(target))
          + ", for "
          + readers
          + " recipient"
          + (readers == 1 ? "" : "s");
    } catch (IOException | CryptoException e) {
      throw CoterieException.of(
          "COT-0546",
          ExitCode.FAILED,
          "the archive of " + volume + " could not be written: " + e.getMessage(),
          "make room; coterie volume check " + volume,
          e);
    } finally {
      volumes.revoke(grant.export());
    }
  }

  private int write(String volume, ArchiveSource source, FileChannel channel, Progress progress)
      throws IOException, CryptoException {
    byte[] id = entropy.bytes(io.coterie.volume.internal.format.Sizes.VOLUME_ID);
    ArchiveHeader unsealed = new ArchiveHeader(id, BlockCodec.ZSTD, List.of());
    try (DestroyableKey secret = DestroyableKey.consume(entropy.bytes(VolumeKeys.KEY_BYTES));
        SealingKeys keys = unsealed.keys(secret);
        BlockCodec.Context packing = codec.call(BlockCodec::newContext)) {
      List<KeySlot> slots = new ArrayList<>();
      for (KeySlot slot : volumes.volume(volume).header().slots()) {
        if (slot instanceof KeySlot.Recipient recipient) {
          slots.add(boxes.sealed(unsealed.keyPurpose(), recipient, secret));
        }
      }
      OutputStream out = Channels.newOutputStream(channel);
      new ArchiveHeader(id, BlockCodec.ZSTD, slots).writeTo(out, keys);
      SealedOutput sealed =
          new SealedOutput(out, aead.call(Aead::newContext), keys.dataKey(), id, packing);
      source.writeTo(sealed, progress);
      return slots.size();
    }
  }

  /**
   * Reads an archive into a volume and returns one line about it: a whole one makes the volume, an
   * incremental one brings it from the snapshot that it builds on to the next.
   *
   * @param passphrase of the volume that was archived, or null to use this device's keys
   * @param discard true to give up what was written since that snapshot
   */
  public String read(
      Path file, String volume, byte[] passphrase, boolean discard, Progress progress) {
    try {
      ArchiveSubject subject = open(file, passphrase, ArchiveReader::subject);
      ArchiveTarget target = new ArchiveTarget(volumes, snapshots, volume, subject, progress);
      if (!subject.incremental()) {
        target.make(runs -> replay(file, passphrase, runs));
      } else {
        target.checkFits(discard);
        replay(file, passphrase, target.none()); // a damaged one is refused before it does anything
        target.apply(runs -> replay(file, passphrase, runs), discard);
      }
      return target.words();
    } catch (MalformedInputException e) {
      throw unreadable(file, "is damaged: " + e.getMessage(), e);
    } catch (UncheckedIOException e) { // found while the volume was made
      throw unreadable(file, "is damaged: " + e.getCause().getMessage(), e.getCause());
    } catch (IOException e) {
      throw unreadable(file, "cannot be read into " + volume + ": " + e.getMessage(), e);
    }
  }

  private static CoterieException unreadable(Path file, String why, IOException e) {
    return CoterieException.of(
        "COT-0542", ExitCode.FAILED, file + " " + why, "another copy of the archive", e);
  }

  private void replay(Path file, byte[] passphrase, ArchiveReader.RunVisitor visitor)
      throws IOException {
    open(
        file,
        passphrase,
        reader -> {
          reader.forEach(visitor);
          return null;
        });
  }

  private interface Use<T> {
    T of(ArchiveReader reader) throws IOException;
  }

  private <T> T open(Path file, byte[] passphrase, Use<T> use) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      ArchiveHeader.Read read = ArchiveHeader.readFrom(in);
      ArchiveHeader header = read.header();
      if (!header.codec().equals(BlockCodec.ZSTD)) {
        throw new MalformedInputException("codec " + header.codec() + " is unknown");
      }
      try (DestroyableKey secret = secret(file, header, passphrase);
          SealingKeys keys = header.keys(secret);
          BlockCodec.Context packing = codec.call(BlockCodec::newContext)) {
        read.check(keys);
        SealedInput sealed =
            new SealedInput(
                in, aead.call(Aead::newContext), keys.dataKey(), header.archiveId(), packing);
        return use.of(new ArchiveReader(sealed));
      }
    }
  }

  private DestroyableKey secret(Path file, ArchiveHeader header, byte[] passphrase)
      throws MalformedInputException {
    try {
      Optional<DestroyableKey> found =
          passphrase == null
              ? boxes.open(header.keyPurpose(), header.slots())
              : recipients.open(header.keyPurpose(), header.slots(), passphrase);
      return found.orElseThrow(
          () ->
              CoterieException.of(
                  "COT-0545",
                  ExitCode.REFUSED,
                  file
                      + (passphrase == null
                          ? " has no key for this device"
                          : " has no such passphrase"),
                  "coterie volume unarchive --passphrase-file FILE"));
    } catch (CryptoException e) {
      throw new MalformedInputException("its key slot does not open: " + e.getMessage());
    }
  }
}
