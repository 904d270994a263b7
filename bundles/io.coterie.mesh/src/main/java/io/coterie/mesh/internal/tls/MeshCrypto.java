package io.coterie.mesh.internal.tls;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.crypto.api.SessionCertificates;
import io.coterie.crypto.api.Signer;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The algorithms of links, by whichever implementations serve now. Thread-safe. */
@Component(service = MeshCrypto.class, configurationPid = "io.coterie.mesh")
public final class MeshCrypto {
  private static final Logger LOG = LoggerFactory.getLogger(MeshCrypto.class);
  private static final String OWN = "own";
  private static final String LIBRARY = "library";
  private static final long WAIT_MILLIS = 5_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final Entropy entropy = new SystemEntropy();
  private final HotRef<Aead> aes = new HotRef<>(Aead.AES_256_GCM, WAIT_MILLIS);
  private final HotRef<Aead> chacha = new HotRef<>(Aead.CHACHA20_POLY1305, WAIT_MILLIS);
  private final Map<String, HotRef<Signer>> signers =
      Map.of(
          Signer.ED25519, new HotRef<>(Signer.ED25519 + " signer", WAIT_MILLIS),
          Signer.ML_DSA_87, new HotRef<>(Signer.ML_DSA_87 + " signer", WAIT_MILLIS));
  private final HotRef<SessionCertificates> certificates =
      new HotRef<>("session certificates", WAIT_MILLIS);
  private volatile boolean recordsByLibrary;
  private volatile String unknownRecords;

  /** {@code config/io.coterie.mesh.cfg} of a device. */
  @interface Config {
    /** Who protects the records of connections made from now on: {@code own} or {@code library}. */
    String recordLayer() default OWN;
  }

  @Activate
  @Modified
  void configure(Config config) {
    recordsBy(config.recordLayer());
  }

  /**
   * Chooses who protects records. Connections that there are keep what they have.
   *
   * @param choice {@code own} or {@code library}; anything else counts as {@code own}
   */
  public void recordsBy(String choice) {
    recordsByLibrary = choice.strip().equalsIgnoreCase(LIBRARY);
    boolean known = recordsByLibrary || choice.strip().equalsIgnoreCase(OWN);
    unknownRecords = known ? null : choice;
    if (recordsByLibrary) {
      LOG.info("COT-0418 the library's record layer protects new connections");
    } else if (!known) {
      LOG.warn("COT-0417 recordLayer is {} or {}, not {}; {} is used", OWN, LIBRARY, choice, OWN);
    }
  }

  /** True when the library's record layer protects new connections. */
  public boolean recordsByLibrary() {
    return recordsByLibrary;
  }

  /** What was chosen and is no record layer, or null. */
  public String unknownRecords() {
    return unknownRecords;
  }

  @Reference(
      target = "(" + Aead.ALGORITHM + "=" + Aead.AES_256_GCM + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void bindAes(Aead service) {
    aes.bind(service);
  }

  /** Waits for calls in flight. */
  public void unbindAes(Aead service) {
    drained(aes.unbind(service, DRAIN_MILLIS), service.algorithm());
  }

  @Reference(
      target = "(" + Aead.ALGORITHM + "=" + Aead.CHACHA20_POLY1305 + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void bindChaCha(Aead service) {
    chacha.bind(service);
  }

  /** Waits for calls in flight. */
  public void unbindChaCha(Aead service) {
    drained(chacha.unbind(service, DRAIN_MILLIS), service.algorithm());
  }

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void bindSigner(Signer service) {
    HotRef<Signer> ref = signers.get(service.algorithm());
    if (ref != null) {
      ref.bind(service);
    }
  }

  /** Waits for calls in flight. */
  public void unbindSigner(Signer service) {
    HotRef<Signer> ref = signers.get(service.algorithm());
    if (ref != null) {
      drained(ref.unbind(service, DRAIN_MILLIS), service.algorithm());
    }
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void bindCertificates(SessionCertificates service) {
    certificates.bind(service);
  }

  /** Waits for calls in flight. */
  public void unbindCertificates(SessionCertificates service) {
    drained(certificates.unbind(service, DRAIN_MILLIS), "session certificates");
  }

  private static void drained(boolean done, String what) {
    if (!done) {
      LOG.warn("COT-0413 {} left while calls were in flight", what);
    }
  }

  /** A context of the implementation that serves now; it lives as long as its connection. */
  AeadContext context(LinkCipher cipher) {
    HotRef<Aead> ref = cipher == LinkCipher.AES_256_GCM ? aes : chacha;
    return ref.call(Aead::newContext);
  }

  boolean verify(String algorithm, byte[] publicKey, byte[] message, byte[] signature) {
    try {
      return signers.get(algorithm).call(s -> s.verify(publicKey, message, signature));
    } catch (CryptoException e) {
      return false; // a key that is none signs nothing
    }
  }

  byte[] sign(String algorithm, byte[] seed, byte[] message) throws CryptoException {
    return signers.get(algorithm).call(s -> s.sign(seed, message, entropy));
  }

  SessionCertificate parse(byte[] der) throws MalformedInputException {
    return certificates.call(c -> c.parse(der));
  }
}
