package io.coterie.identity.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.KeyVault;
import io.coterie.crypto.api.SealedBox;
import io.coterie.crypto.api.SessionCertificates;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.SessionCredential;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device's identity, made at first start and kept in the vault. */
@Component(service = {LocalIdentity.class, FileIdentity.class})
public final class FileIdentity implements LocalIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(FileIdentity.class);
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final DeviceHome home;
  private final Entropy entropy;
  private final KeyVault vault;
  private final HotRef<Kem> kem = new HotRef<>("KEM", WAIT_MILLIS);
  private final HotRef<Aead> aead = new HotRef<>(Aead.AES_256_GCM, WAIT_MILLIS);
  private final HotRef<SessionCertificates> certificates =
      new HotRef<>("session certificates", WAIT_MILLIS);
  private final Signing signing;
  private final SessionIssuer sessions;
  private IdentityFile file;
  private DeviceId id;

  /** Made by the container; the identity is read or made at its first use. */
  @Activate
  public FileIdentity(@Reference Signing signing, @Reference KeyVault vault) {
    this(DeviceHome.ofThisProcess(), new SystemClock(), new SystemEntropy(), signing, vault);
  }

  FileIdentity(DeviceHome home, Clock clock, Entropy entropy, Signing signing, KeyVault vault) {
    this.home = home;
    this.vault = vault;
    this.entropy = entropy;
    this.signing = signing;
    this.sessions = new SessionIssuer(clock, entropy, signing, certificates);
  }

  @Reference(
      target = "(" + Kem.ALGORITHM + "=" + Kem.X25519_MLKEM1024 + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindKem(Kem service) {
    kem.bind(service);
  }

  void unbindKem(Kem service) {
    if (!kem.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0204 a KEM left while calls were in flight");
    }
  }

  @Reference(
      target = "(" + Aead.ALGORITHM + "=" + Aead.AES_256_GCM + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindAead(Aead service) {
    aead.bind(service);
  }

  void unbindAead(Aead service) {
    if (!aead.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0204 an AEAD left while calls were in flight");
    }
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindCertificates(SessionCertificates service) {
    certificates.bind(service);
  }

  void unbindCertificates(SessionCertificates service) {
    if (!certificates.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0204 the maker of certificates left while calls were in flight");
    }
  }

  private synchronized IdentityFile file() {
    if (file == null) {
      open();
    }
    return file;
  }

  private void open() {
    try {
      Optional<KeyVault.Content> content = vault.load();
      IdentityFile read = content.isEmpty() ? create() : decode(content.get());
      id = DeviceId.of(read.firstKeys());
      file = read;
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0301",
          ExitCode.FAILED,
          "the identity cannot be read: " + e.getMessage(),
          "put back a copy of it; a device without it is another device",
          e);
    }
  }

  private static IdentityFile decode(KeyVault.Content content) throws IOException {
    try {
      return IdentityFile.decode(content);
    } finally {
      Arrays.fill(content.secrets(), (byte) 0);
    }
  }

  private IdentityFile create() throws IOException {
    PrivateKeys keys = makeKeys();
    IdentityFile made = new IdentityFile(keys.publicKeys(), keys, null, null, List.of());
    store(made);
    LOG.info("made the identity of device {}", home.name());
    return made;
  }

  private void store(IdentityFile changed) throws IOException {
    KeyVault.Content content = changed.encode();
    try {
      vault.store(content);
    } finally {
      Arrays.fill(content.secrets(), (byte) 0);
    }
  }

  private PrivateKeys makeKeys() {
    SignatureKeyPair classical = signing.generate(Signer.ED25519);
    SignatureKeyPair postQuantum = signing.generate(Signer.ML_DSA_87);
    KemKeyPair kemKeys = kem.call(k -> k.generate(entropy));
    return new PrivateKeys(
        new DeviceKeys(1, classical.publicKey(), postQuantum.publicKey(), kemKeys.publicKey()),
        DestroyableKey.consume(classical.privateKey()),
        DestroyableKey.consume(postQuantum.privateKey()),
        DestroyableKey.consume(kemKeys.privateKey()));
  }

  // ---- rotation, step by step: each is on the disk before the next

  /**
   * Makes the keys of the next generation, or finds those of a rotation that was not finished. The
   * KEM key stays: volumes are sealed to it.
   */
  synchronized DeviceKeys prepareNext() {
    IdentityFile now = file();
    if (now.next() == null) {
      SignatureKeyPair classical = signing.generate(Signer.ED25519);
      SignatureKeyPair postQuantum = signing.generate(Signer.ML_DSA_87);
      DeviceKeys old = now.keys().publicKeys();
      PrivateKeys next =
          new PrivateKeys(
              new DeviceKeys(
                  old.generation() + 1, classical.publicKey(), postQuantum.publicKey(), old.kem()),
              DestroyableKey.consume(classical.privateKey()),
              DestroyableKey.consume(postQuantum.privateKey()),
              DestroyableKey.consume(now.keys().kem().getEncoded()));
      replace(now.with(now.keys(), next, now.previous()));
    }
    return file().next().publicKeys();
  }

  /** Signs with the keys that are to come. */
  synchronized byte[] signWithNext(String purpose, byte[] message) throws CryptoException {
    return signing.hybrid(file().next(), purpose, message);
  }

  /** The keys that were prepared and do not count yet, or null. */
  synchronized DeviceKeys preparedKeys() {
    return file().next() == null ? null : file().next().publicKeys();
  }

  /**
   * From now on the prepared keys count. Those before stay until the next rotation: on a fork the
   * roster may go back to them.
   */
  synchronized void promoteNext() {
    IdentityFile now = file();
    replace(now.with(now.next(), null, now.keys()));
    if (now.previous() != null) {
      now.previous().destroy();
    }
  }

  /** The rotation did not come about. */
  synchronized void dropNext() {
    IdentityFile now = file();
    if (now.next() != null) {
      replace(now.with(now.keys(), null, now.previous()));
      now.next().destroy();
    }
  }

  /** The generation before the present one, while it is kept; else 0. */
  synchronized long previousGeneration() {
    PrivateKeys previous = file().previous();
    return previous == null ? 0 : previous.publicKeys().generation();
  }

  /** The rotation to the present keys lost a fork: the ones before count again. */
  synchronized void goBack() {
    IdentityFile now = file();
    replace(now.with(now.previous(), null, null));
    now.keys().destroy();
  }

  /**
   * The device begins anew, as a device that no coterie knows. Its KEM key stays, so its volumes
   * open as before.
   */
  synchronized void beginAnew() {
    IdentityFile now = file();
    SignatureKeyPair classical = signing.generate(Signer.ED25519);
    SignatureKeyPair postQuantum = signing.generate(Signer.ML_DSA_87);
    DeviceKeys fresh =
        new DeviceKeys(
            1, classical.publicKey(), postQuantum.publicKey(), now.keys().publicKeys().kem());
    PrivateKeys keys =
        new PrivateKeys(
            fresh,
            DestroyableKey.consume(classical.privateKey()),
            DestroyableKey.consume(postQuantum.privateKey()),
            DestroyableKey.consume(now.keys().kem().getEncoded()));
    List<DeviceId> former = new ArrayList<>(now.formerIds());
    former.add(id);
    replace(new IdentityFile(fresh, keys, null, null, former));
    id = DeviceId.of(fresh);
    sessions.forget();
    for (PrivateKeys old : new PrivateKeys[] {now.keys(), now.next(), now.previous()}) {
      if (old != null) {
        old.destroy();
      }
    }
    LOG.info("device {} begins anew as {}", home.name(), id.shortForm());
  }

  private void replace(IdentityFile changed) {
    try {
      store(changed);
      file = changed;
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0336",
          ExitCode.FAILED,
          "the identity could not be stored: " + e.getMessage(),
          "coterie status",
          e);
    }
  }

  @Override
  public synchronized DeviceId id() {
    file();
    return id;
  }

  @Override
  public synchronized boolean is(DeviceId device) {
    return device.equals(id()) || file().formerIds().contains(device);
  }

  @Override
  public String name() {
    return home.name();
  }

  @Override
  public DeviceKeys keys() {
    return file().keys().publicKeys();
  }

  @Override
  public synchronized byte[] sign(String purpose, byte[] message) throws CryptoException {
    return signing.hybrid(file().keys(), purpose, message);
  }

  @Override
  public synchronized SessionCredential session(Suite suite) throws CryptoException {
    return sessions.credential(suite, id(), file().keys());
  }

  @Override
  public byte[] unseal(String purpose, byte[] box) throws CryptoException {
    byte[] privateKey;
    synchronized (this) { // a rotation destroys keys that are not in use any more
      privateKey = file().keys().kem().getEncoded();
    }
    try {
      return kem.call(k -> aead.call(a -> SealedBox.open(k, a, privateKey, purpose, box)));
    } finally {
      Arrays.fill(privateKey, (byte) 0);
    }
  }

  @Override
  public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) throws CryptoException {
    return kem.call(
        k -> aead.call(a -> SealedBox.seal(k, a, kemPublicKey, purpose, payload, entropy)));
  }
}
