package io.coterie.volume.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.KeySlot.Recipient;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeHeader.Rekeying;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The two files with a volume's header, and this device's way through it to the keys. */
final class HeaderFiles {
  private static final List<String> NAMES = List.of(VolumeHeader.FILE, VolumeHeader.COPY_FILE);

  private final RecipientBoxes boxes;
  private final Map<String, Aead> ciphers;

  HeaderFiles(RecipientBoxes boxes, Map<String, Aead> ciphers) {
    this.boxes = boxes;
    this.ciphers = ciphers;
  }

  /**
   * A header that was read.
   *
   * @param findings what is wrong with one of the two files, in words
   */
  record Opened(VolumeHeader header, VolumeKeys keys, List<String> findings) {}

  /** What one of the files is good for. */
  private sealed interface Found {}

  private record Good(VolumeHeader header, byte[] bytes, VolumeKeys keys) implements Found {}

  /** No slot of it is for this device. */
  private record Locked(VolumeHeader header, byte[] bytes) implements Found {
    long generation() {
      return header.generation();
    }
  }

  /**
   * Of no use.
   *
   * @param lost false when it may only be the disk that did not read it
   */
  private record Bad(String what, boolean lost) implements Found {}

  /** Writes both, one after the other, so that one of them is always whole. */
  static void write(Path directory, byte[] encoded) throws IOException {
    for (String name : NAMES) {
      SafeFiles.replace(directory.resolve(name), encoded);
    }
  }

  /** The recipients of a header, with another volume's wrapping key for each. */
  List<KeySlot> slotsFor(byte[] volumeId, List<KeySlot> recipients, DestroyableKey wrapping)
      throws CryptoException {
    List<KeySlot> slots = new ArrayList<>();
    for (KeySlot slot : recipients) {
      if (slot instanceof Recipient recipient) {
        slots.add(boxes.sealed(VolumeHeader.keyPurpose(volumeId), recipient, wrapping));
      }
    }
    return slots;
  }

  /** A slot with the wrapping key for this device. */
  KeySlot ownSlot(byte[] volumeId, DestroyableKey wrapping) throws CryptoException {
    return boxes.ownSlot(VolumeHeader.keyPurpose(volumeId), wrapping);
  }

  /**
   * Reads both files and takes the newer one that is good. The other one is made equal to it if it
   * is lost, or if a crash kept it from being written.
   *
   * @return empty when no slot is for this device
   * @throws MalformedInputException when neither is good
   */
  Optional<Opened> read(Path directory) throws IOException {
    Found one = look(directory.resolve(VolumeHeader.FILE));
    Found other = look(directory.resolve(VolumeHeader.COPY_FILE));
    List<String> findings = new ArrayList<>();
    for (Found found : List.of(one, other)) {
      if (found instanceof Bad bad) {
        findings.add(bad.what());
      }
    }
    Good best = newer(one, other);
    if (best == null && findings.size() == NAMES.size()) {
      throw new MalformedInputException(String.join("; ", findings));
    }
    if (best == null) {
      return Optional.empty();
    }
    if (!(staysAsItIs(one, best) && staysAsItIs(other, best))) {
      findings.addAll(putRight(directory, best, !findings.isEmpty()));
    }
    return Optional.of(new Opened(best.header(), best.keys(), findings));
  }

  private Found look(Path file) {
    try {
      return open(SafeFiles.readBounded(file, VolumeHeader.MAX_FILE_BYTES));
    } catch (MalformedInputException | NoSuchFileException e) {
      return new Bad(file.getFileName() + " cannot be used: " + e.getMessage(), true);
    } catch (IOException e) {
      return new Bad(file.getFileName() + " cannot be read: " + e.getMessage(), false);
    }
  }

  private static boolean staysAsItIs(Found found, Good best) {
    return found instanceof Bad bad
        ? !bad.lost()
        : found instanceof Good good && Arrays.equals(good.bytes(), best.bytes());
  }

  /** The volume opens though it may fail: the next opening tries again. */
  private static List<String> putRight(Path directory, Good best, boolean damaged) {
    try {
      write(directory, best.bytes());
      return damaged ? List.of("the header was written anew from what is left of it") : List.of();
    } catch (IOException e) {
      return List.of("only one of its headers serves: " + e.getMessage());
    }
  }

  /** The newer one that is good; null when there is none, or a newer one that has no slot. */
  private static Good newer(Found one, Found other) {
    Good good = one instanceof Good g ? g : null;
    if (other instanceof Good second) {
      boolean later = good == null || second.header().generation() > good.header().generation();
      Good loser = later ? good : second;
      if (loser != null) {
        loser.keys().close();
      }
      good = later ? second : good;
    }
    for (Found found : List.of(one, other)) {
      if (good != null
          && found instanceof Locked locked
          && locked.generation() > good.header().generation()) {
        good.keys().close();
        good = null;
      }
    }
    return good;
  }

  /**
   * Writes a header anew: other keys, or another wish about them, for the same recipients.
   *
   * @return the header that is on disk now
   */
  VolumeHeader rewrite(
      Path directory, VolumeHeader old, VolumeKeys keys, Rekeying rekeying, Entropy entropy)
      throws IOException {
    try (DestroyableKey wrapping = ownWrapping(old)) {
      return rewrite(directory, old, keys, rekeying, old.slots(), wrapping, entropy);
    }
  }

  /** Writes a header anew for one recipient more. */
  VolumeHeader withRecipient(
      Path directory, VolumeHeader old, VolumeKeys keys, Recipient recipient, Entropy entropy)
      throws IOException, CryptoException {
    try (DestroyableKey wrapping = ownWrapping(old)) {
      List<KeySlot> slots = new ArrayList<>(old.slots());
      slots.add(boxes.sealed(VolumeHeader.keyPurpose(old.volumeId()), recipient, wrapping));
      return rewrite(directory, old, keys, old.rekeying(), slots, wrapping, entropy);
    }
  }

  /** Writes a header anew for these recipients only, under a wrapping key that no other knows. */
  VolumeHeader forRecipients(
      Path directory,
      VolumeHeader old,
      VolumeKeys keys,
      Rekeying rekeying,
      List<Recipient> stay,
      Entropy entropy)
      throws IOException, CryptoException {
    try (DestroyableKey wrapping = DestroyableKey.consume(entropy.bytes(VolumeKeys.KEY_BYTES))) {
      List<KeySlot> slots = slotsFor(old.volumeId(), List.copyOf(stay), wrapping);
      return rewrite(directory, old, keys, rekeying, slots, wrapping, entropy);
    }
  }

  private VolumeHeader rewrite(
      Path directory,
      VolumeHeader old,
      VolumeKeys keys,
      Rekeying rekeying,
      List<KeySlot> slots,
      DestroyableKey wrapping,
      Entropy entropy)
      throws IOException {
    VolumeHeader next =
        VolumeHeader.seal(
            old.volumeId(),
            old.generation() + 1,
            old.sizeBytes(),
            old.compression(),
            old.createdMillis(),
            rekeying,
            slots,
            keys,
            wrapping,
            ciphers.get(old.cipher()),
            entropy);
    write(directory, next.encode(wrapping));
    return next;
  }

  private DestroyableKey ownWrapping(VolumeHeader header) throws MalformedInputException {
    return wrapping(header)
        .orElseThrow(() -> new MalformedInputException("no slot is for this device"));
  }

  /** Finds the wrapping key of a header in another way than by this device's slot. */
  interface OtherWay {
    Optional<DestroyableKey> wrappingKey(VolumeHeader header) throws CryptoException;
  }

  /**
   * Looks for the wrapping key of the newest header that another way than this device's slot opens.
   * May take long, and writes nothing.
   *
   * @return empty when that way opens none of the two files
   * @throws MalformedInputException when neither file is good
   */
  Optional<DestroyableKey> find(Path directory, OtherWay way) throws IOException, CryptoException {
    List<String> findings = new ArrayList<>();
    for (Locked found : headers(directory, findings)) {
      Optional<DestroyableKey> wrapping = way.wrappingKey(found.header());
      if (wrapping.isPresent()) {
        try (VolumeKeys ignored = keys(found, wrapping.get())) {
          return wrapping;
        } catch (MalformedInputException e) {
          wrapping.get().close();
          findings.add("generation " + found.generation() + " cannot be used: " + e.getMessage());
        }
      }
    }
    if (findings.size() == NAMES.size()) {
      throw new MalformedInputException(String.join("; ", findings));
    }
    return Optional.empty();
  }

  private VolumeKeys keys(Locked locked, DestroyableKey wrapping) throws MalformedInputException {
    return locked.header().open(locked.bytes(), wrapping, installed(locked.header()));
  }

  /**
   * Adds a slot for this device, which has none, with the wrapping key of one of the two files.
   *
   * @throws MalformedInputException when neither file is good
   */
  void adopt(Path directory, DestroyableKey wrapping, Entropy entropy)
      throws IOException, CryptoException {
    List<String> findings = new ArrayList<>();
    for (Locked found : headers(directory, findings)) {
      try {
        adopt(directory, found, wrapping, entropy);
        return;
      } catch (MalformedInputException e) {
        findings.add("generation " + found.generation() + " cannot be used: " + e.getMessage());
      }
    }
    throw new MalformedInputException(String.join("; ", findings));
  }

  /** Those that can be read, the newest first. */
  private static List<Locked> headers(Path directory, List<String> findings) {
    List<Locked> headers = new ArrayList<>();
    for (String name : NAMES) {
      try {
        byte[] bytes = SafeFiles.readBounded(directory.resolve(name), VolumeHeader.MAX_FILE_BYTES);
        headers.add(new Locked(VolumeHeader.decode(bytes), bytes));
      } catch (IOException e) {
        findings.add(name + " cannot be used: " + e.getMessage());
      }
    }
    headers.sort(Comparator.comparingLong(Locked::generation).reversed());
    return headers;
  }

  private void adopt(Path directory, Locked locked, DestroyableKey wrapping, Entropy entropy)
      throws IOException, CryptoException {
    VolumeHeader header = locked.header();
    try (VolumeKeys keys = keys(locked, wrapping)) {
      if (header.slots().size() == KeySlot.MAX_SLOTS) {
        throw CoterieException.of(
            "COT-0539",
            ExitCode.REFUSED,
            "the volume has " + KeySlot.MAX_SLOTS + " recipients",
            "remove one on another recipient");
      }
      List<KeySlot> slots = new ArrayList<>(header.slots());
      slots.add(ownSlot(header.volumeId(), wrapping));
      rewrite(directory, header, keys, header.rekeying(), slots, wrapping, entropy);
    }
  }

  private Found open(byte[] bytes) throws MalformedInputException {
    VolumeHeader header = VolumeHeader.decode(bytes);
    Aead aead = installed(header);
    Optional<DestroyableKey> wrapping = wrapping(header);
    if (wrapping.isEmpty()) {
      return new Locked(header, bytes);
    }
    try (DestroyableKey key = wrapping.get()) {
      return new Good(header, bytes, header.open(bytes, key, aead));
    }
  }

  /** The cipher of a volume whose other needs are met, too. */
  private Aead installed(VolumeHeader header) throws MalformedInputException {
    Aead aead = ciphers.get(header.cipher());
    if (aead == null) {
      throw new MalformedInputException("cipher " + header.cipher() + " is not installed");
    }
    return aead;
  }

  private Optional<DestroyableKey> wrapping(VolumeHeader header) throws MalformedInputException {
    try {
      return boxes.open(VolumeHeader.keyPurpose(header.volumeId()), header.slots());
    } catch (CryptoException e) {
      throw new MalformedInputException("its key slot does not open: " + e.getMessage());
    }
  }
}
