package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Names;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.volume.api.Recipient;
import io.coterie.volume.api.Recipient.Kind;
import io.coterie.volume.api.RecipientService;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.KeySlot.DeviceSlot;
import io.coterie.volume.internal.format.KeySlot.PassphraseSlot;
import io.coterie.volume.internal.format.VolumeHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds recipients to the headers of volumes and takes them out. */
@Component(service = {RecipientService.class, VolumeRecipients.class})
public final class VolumeRecipients implements RecipientService {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeRecipients.class);

  private final FileVolumeService volumes;
  private final LocalIdentity identity;
  private final Peers peers;
  private final Clock clock;
  private final PassphraseSlots passphrases;

  @Activate
  public VolumeRecipients(
      @Reference FileVolumeService volumes,
      @Reference LocalIdentity identity,
      @Reference Peers peers,
      @Reference VolumeAlgorithms algorithms) {
    this(volumes, identity, peers, algorithms, new SystemClock(), new SystemEntropy());
  }

  VolumeRecipients(
      FileVolumeService volumes,
      LocalIdentity identity,
      Peers peers,
      VolumeAlgorithms algorithms,
      Clock clock,
      Entropy entropy) {
    this.volumes = volumes;
    this.identity = identity;
    this.peers = peers;
    this.clock = clock;
    this.passphrases =
        new PassphraseSlots(algorithms.kem(), algorithms.hash(), algorithms.aead(), entropy);
  }

  @Override
  public List<Recipient> list(String volume) {
    return list(volumes.volume(volume));
  }

  private List<Recipient> list(OpenVolume open) {
    return open.header().slots().stream().map(this::describe).toList();
  }

  private Recipient describe(KeySlot slot) {
    if (slot instanceof PassphraseSlot passphrase) {
      return new Recipient(Kind.PASSPHRASE, passphrase.name(), "");
    }
    if (!(slot instanceof DeviceSlot device)) {
      return new Recipient(Kind.UNKNOWN, "type " + slot.type(), "");
    }
    DeviceId id = DeviceId.of(device.deviceId());
    if (identity.is(id)) {
      return new Recipient(Kind.THIS_DEVICE, identity.name(), id.toString());
    }
    Optional<Peer> peer = peers.find(id);
    return new Recipient(
        peer.isPresent() ? Kind.DEVICE : Kind.STRANGER,
        peer.map(Peer::name).orElse(id.shortForm()),
        id.toString());
  }

  @Override
  public void addDevice(String volume, String device) {
    Peer peer = peers.named(device);
    add(
        volume,
        "device " + device,
        r -> r.id().equals(peer.id().toString()),
        new DeviceSlot(peer.id().toByteArray(), peer.keys().kem(), new byte[0]));
  }

  @Override
  public void addPassphrase(String volume, String name, byte[] passphrase) {
    Names.check("passphrase", name);
    try {
      add(
          volume,
          "passphrase " + name,
          r -> r.kind() == Kind.PASSPHRASE && r.name().equals(name),
          passphrases.make(name, passphrase));
    } catch (CryptoException e) {
      throw new IllegalStateException("fresh parameters are good", e);
    }
  }

  private void add(
      String volume, String what, Predicate<Recipient> same, KeySlot.Recipient recipient) {
    OpenVolume open = volumes.volume(volume);
    synchronized (open) { // what was looked at is what is changed
      List<Recipient> there = list(open);
      if (there.stream().anyMatch(same)) {
        throw refused(what + " can open volume " + volume + " already", volume);
      }
      if (there.size() == KeySlot.MAX_SLOTS) {
        throw refused("volume " + volume + " has " + there.size() + " recipients", volume);
      }
      try {
        open.addRecipient(recipient);
      } catch (IOException | CryptoException e) {
        throw notStored(volume, e);
      }
    }
  }

  @Override
  public void removeDevice(String volume, String device) {
    remove(
        volume,
        "device " + device,
        r -> !r.id().isEmpty() && (r.id().equals(device) || r.name().equals(device)));
  }

  @Override
  public void removePassphrase(String volume, String name) {
    remove(volume, "passphrase " + name, r -> r.kind() == Kind.PASSPHRASE && r.name().equals(name));
  }

  private void remove(String volume, String what, Predicate<Recipient> meant) {
    OpenVolume open = volumes.volume(volume);
    synchronized (open) {
      List<KeySlot.Recipient> stay = new ArrayList<>();
      boolean found = false;
      for (KeySlot slot : open.header().slots()) {
        Recipient recipient = describe(slot);
        if (meant.test(recipient)) {
          found = true;
          requireOther(volume, recipient);
        } else if (slot instanceof KeySlot.Recipient other) {
          stay.add(other);
        } else {
          throw refused(
              "a newer version made the way of " + recipient.name() + ", which would be lost",
              volume);
        }
      }
      if (!found) {
        throw CoterieException.of(
            "COT-0538",
            ExitCode.NOT_FOUND,
            what + " is no recipient of volume " + volume,
            "coterie volume recipient list " + volume);
      }
      try {
        open.keepRecipients(stay, clock.wallMillis());
      } catch (IOException | CryptoException e) {
        throw notStored(volume, e);
      }
    }
  }

  private static void requireOther(String volume, Recipient recipient) {
    if (recipient.kind() == Kind.THIS_DEVICE) {
      throw CoterieException.of(
          "COT-0539",
          ExitCode.REFUSED,
          "this device could not open volume " + volume + " any more",
          "remove it on another recipient, or coterie volume rm " + volume);
    }
  }

  @Override
  public void adopt(String volume, byte[] passphrase) {
    try {
      if (!volumes.adopt(
          volume,
          header -> open(VolumeHeader.keyPurpose(header.volumeId()), header.slots(), passphrase))) {
        throw CoterieException.of(
            "COT-0540",
            ExitCode.REFUSED,
            "no passphrase of volume " + volume + " is that",
            "coterie volume adopt " + volume);
      }
    } catch (CryptoException e) {
      throw notStored(volume, e);
    }
  }

  /** The key in the box of a slot that a passphrase opens. */
  Optional<DestroyableKey> open(String purpose, List<KeySlot> slots, byte[] passphrase)
      throws CryptoException {
    for (KeySlot slot : slots) {
      if (slot instanceof PassphraseSlot candidate) {
        try {
          return Optional.of(passphrases.open(purpose, candidate, passphrase));
        } catch (AuthenticationFailedException e) {
          LOG.debug("passphrase {} is another", candidate.name());
        }
      }
    }
    return Optional.empty();
  }

  private static CoterieException refused(String what, String volume) {
    return CoterieException.of(
        "COT-0539", ExitCode.REFUSED, what, "coterie volume recipient list " + volume);
  }

  private static CoterieException notStored(String volume, Exception e) {
    return CoterieException.of(
        "COT-0535",
        ExitCode.FAILED,
        "the keys of volume " + volume + " are as they were: " + e.getMessage(),
        "coterie volume info " + volume,
        e);
  }
}
