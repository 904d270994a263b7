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
import io.coterie.crypto.api.DeviceCertificates;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.SealedBox;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device's identity, made at first start and kept in one file with mode 0600. */
@Component(service = LocalIdentity.class)
public final class FileIdentity implements LocalIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(FileIdentity.class);
  private static final String FILE = "identity";
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;
  private static final Duration VALIDITY = Duration.ofDays(3650);
  private static final Duration CLOCK_TOLERANCE = Duration.ofDays(1);

  private final DeviceHome home;
  private final Clock clock;
  private final Entropy entropy;
  private final HotRef<Kem> kem = new HotRef<>("KEM", WAIT_MILLIS);
  private final Aead aead;
  private final Signer signer;
  private final DeviceCertificates certificates;
  private IdentityFile file;
  private DeviceId id;

  /** Made by the container; the identity is read or made in {@link #open()}. */
  @Activate
  public FileIdentity(
      @Reference(target = "(" + Aead.ALGORITHM + "=" + Aead.AES_256_GCM + ")") Aead aead,
      @Reference(target = "(" + Signer.ALGORITHM + "=" + Signer.ML_DSA_65 + ")") Signer signer,
      @Reference DeviceCertificates certificates) {
    this(
        DeviceHome.ofThisProcess(),
        new SystemClock(),
        new SystemEntropy(),
        aead,
        signer,
        certificates);
  }

  FileIdentity(
      DeviceHome home,
      Clock clock,
      Entropy entropy,
      Aead aead,
      Signer signer,
      DeviceCertificates certificates) {
    this.home = home;
    this.clock = clock;
    this.entropy = entropy;
    this.aead = aead;
    this.signer = signer;
    this.certificates = certificates;
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

  private synchronized IdentityFile file() {
    if (file == null) {
      open();
    }
    return file;
  }

  private void open() {
    Path path = home.root().resolve(FILE);
    try {
      IdentityFile read = Files.notExists(path) ? create(path) : IdentityFile.read(path);
      id = DeviceId.of(read.signature().publicKey(), read.kem().publicKey());
      file = read;
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0301",
          ExitCode.FAILED,
          "the identity file " + path + " cannot be read: " + e.getMessage(),
          "put back a copy of it; a device without it is another device",
          e);
    }
  }

  private IdentityFile create(Path path) throws IOException {
    try {
      SignatureKeyPair signature = signer.generate(entropy);
      KemKeyPair kemKeys = kem.call(k -> k.generate(entropy));
      long now = clock.wallMillis();
      byte[] certificate =
          certificates.issue(
              signature,
              kemKeys.publicKey(),
              home.name(),
              now - CLOCK_TOLERANCE.toMillis(),
              now + VALIDITY.toMillis(),
              entropy);
      IdentityFile made = new IdentityFile(signature, kemKeys, certificate);
      made.write(path);
      LOG.info("made the identity of device {}", home.name());
      return made;
    } catch (CryptoException e) {
      throw new IOException("keys could not be made", e);
    }
  }

  @Override
  public synchronized DeviceId id() {
    file();
    return id;
  }

  @Override
  public String name() {
    return home.name();
  }

  @Override
  public byte[] certificate() {
    return file().certificate().clone();
  }

  @Override
  public byte[] signaturePrivateKey() {
    return file().signature().privateKey().clone();
  }

  @Override
  public byte[] kemPublicKey() {
    return file().kem().publicKey().clone();
  }

  @Override
  public byte[] unseal(String purpose, byte[] box) throws CryptoException {
    byte[] privateKey = file().kem().privateKey();
    return kem.call(k -> SealedBox.open(k, aead, privateKey, purpose, box));
  }

  @Override
  public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) throws CryptoException {
    return kem.call(k -> SealedBox.seal(k, aead, kemPublicKey, purpose, payload, entropy));
  }
}
