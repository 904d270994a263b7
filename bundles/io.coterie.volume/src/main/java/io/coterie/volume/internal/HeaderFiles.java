package io.coterie.volume.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeHeader.Rekeying;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The two files with a volume's header, and this device's way through it to the keys. */
final class HeaderFiles {
  private static final List<String> NAMES = List.of(VolumeHeader.FILE, VolumeHeader.COPY_FILE);

  private final LocalIdentity identity;
  private final Map<String, Aead> ciphers;

  HeaderFiles(LocalIdentity identity, Map<String, Aead> ciphers) {
    this.identity = identity;
    this.ciphers = ciphers;
  }

  /**
   * A header that was read.
   *
   * @param findings what is wrong with one of the two files, in words
   */
  record Opened(VolumeHeader header, VolumeKeys keys, List<String> findings) {}

  /** One of the files. */
  private record Candidate(VolumeHeader header, VolumeKeys keys) {}

  /** Writes both, one after the other, so that one of them is always whole. */
  static void write(Path directory, byte[] encoded) throws IOException {
    for (String name : NAMES) {
      SafeFiles.replace(directory.resolve(name), encoded);
    }
  }

  /** A slot with the wrapping key for this device. */
  VolumeHeader.Slot ownSlot(byte[] volumeId, DestroyableKey wrapping) throws CryptoException {
    byte[] secret = wrapping.getEncoded();
    try {
      byte[] box = identity.seal(identity.keys().kem(), VolumeHeader.keyPurpose(volumeId), secret);
      return new VolumeHeader.DeviceSlot(identity.id().toByteArray(), box);
    } finally {
      java.util.Arrays.fill(secret, (byte) 0);
    }
  }

  /**
   * Reads both files and takes the newer one that is good; the other one is put right.
   *
   * @return empty when no slot is for this device
   * @throws MalformedInputException when neither is good
   */
  Optional<Opened> read(Path directory) throws IOException {
    List<String> findings = new ArrayList<>();
    Candidate best = null;
    int good = 0;
    boolean locked = false;
    for (String name : NAMES) {
      try {
        byte[] bytes = SafeFiles.readBounded(directory.resolve(name), VolumeHeader.MAX_FILE_BYTES);
        Optional<Candidate> found = open(bytes);
        locked |= found.isEmpty();
        if (found.isPresent()) {
          good++;
          best = newer(best, found.get());
        }
      } catch (IOException e) {
        findings.add(name + " cannot be used: " + e.getMessage());
      }
    }
    if (best == null && locked) {
      return Optional.empty();
    }
    if (best == null) {
      throw new MalformedInputException(String.join("; ", findings));
    }
    if (good < NAMES.size()) {
      findings.add("the header was written anew from what is left of it");
      restore(directory, best.header());
    }
    return Optional.of(new Opened(best.header(), best.keys(), findings));
  }

  private static Candidate newer(Candidate one, Candidate other) {
    if (one == null) {
      return other;
    }
    boolean otherNewer = other.header().generation() > one.header().generation();
    (otherNewer ? one : other).keys().close();
    return otherNewer ? other : one;
  }

  private void restore(Path directory, VolumeHeader header) throws IOException {
    try (DestroyableKey wrapping = wrapping(header).orElseThrow()) {
      write(directory, header.encode(wrapping));
    }
  }

  /**
   * Writes a header anew: other keys, or another wish about them, for the same recipients.
   *
   * @return the header that is on disk now
   */
  VolumeHeader rewrite(
      Path directory, VolumeHeader old, VolumeKeys keys, Rekeying rekeying, Entropy entropy)
      throws IOException {
    try (DestroyableKey wrapping =
        wrapping(old)
            .orElseThrow(() -> new MalformedInputException("no slot is for this device"))) {
      VolumeHeader next =
          VolumeHeader.seal(
              old.volumeId(),
              old.generation() + 1,
              old.sizeBytes(),
              old.compression(),
              old.createdMillis(),
              rekeying,
              old.slots(),
              keys,
              wrapping,
              ciphers.get(old.cipher()),
              entropy);
      write(directory, next.encode(wrapping));
      return next;
    }
  }

  private Optional<Candidate> open(byte[] bytes) throws MalformedInputException {
    VolumeHeader header = VolumeHeader.decode(bytes);
    Aead aead = ciphers.get(header.cipher());
    if (aead == null) {
      throw new MalformedInputException("cipher " + header.cipher() + " is not installed");
    }
    if (!header.compression().equals(VolumeHeader.NO_COMPRESSION)) {
      throw new MalformedInputException(
          "compression " + header.compression() + " is not installed");
    }
    Optional<DestroyableKey> wrapping = wrapping(header);
    if (wrapping.isEmpty()) {
      return Optional.empty();
    }
    try (DestroyableKey key = wrapping.get()) {
      return Optional.of(new Candidate(header, header.open(bytes, key, aead)));
    }
  }

  private Optional<DestroyableKey> wrapping(VolumeHeader header) throws MalformedInputException {
    for (VolumeHeader.Slot slot : header.slots()) {
      if (slot instanceof VolumeHeader.DeviceSlot own && identity.is(DeviceId.of(own.deviceId()))) {
        try {
          String purpose = VolumeHeader.keyPurpose(header.volumeId());
          return Optional.of(DestroyableKey.consume(identity.unseal(purpose, own.box())));
        } catch (CryptoException e) {
          throw new MalformedInputException("its key slot does not open: " + e.getMessage());
        }
      }
    }
    return Optional.empty();
  }
}
