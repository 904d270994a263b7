package io.coterie.mesh.internal.tls;

import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.SessionCredential;
import java.io.IOException;
import java.util.Arrays;
import java.util.Vector;
import java.util.function.Function;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateEntry;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.SignatureScheme;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsCredentialedSigner;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsProtocol;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.bc.BcDefaultTlsCredentialedSigner;

/** What client and server of a handshake have in common: one suite, one cipher, our identity. */
final class Party {
  /** Longer messages are refused; a certificate has about 7 KB. */
  static final int MAX_MESSAGE_BYTES = 16 * 1024;

  static final ProtocolName PROTOCOL = ProtocolName.asUtf8Encoding("coterie/2");
  private static final String EXPORTER = "EXPORTER-coterie-link-v2";
  private static final int EXPORTER_BYTES = 32;

  private final Suite suite;
  private final LinkCipher cipher;
  private final SessionCredential credential;
  private final PeerVerifier verifier;
  private final boolean pairing;
  private final Function<byte[], HelloToken> token;
  private final HandshakeCrypto crypto;
  private PeerVerifier.Verified peer;
  private byte[] exporter;
  private SecurityParameters library;

  Party(
      Suite suite,
      LinkCipher cipher,
      LocalIdentity identity,
      PeerVerifier verifier,
      MeshCrypto crypto,
      Entropy entropy,
      boolean pairing,
      Function<byte[], HelloToken> token)
      throws CryptoException {
    this.suite = suite;
    this.cipher = cipher;
    this.credential = identity.session(suite);
    this.verifier = verifier;
    this.pairing = pairing;
    this.token = token;
    this.crypto = new HandshakeCrypto(crypto, cipher, entropy);
  }

  HandshakeCrypto crypto() {
    return crypto;
  }

  /** What a hello of this side carries, by its random; null for nothing. */
  HelloToken token(byte[] random) {
    return token.apply(random);
  }

  int cipherSuite() {
    return cipher.id();
  }

  int group() {
    return suite.groupId();
  }

  Vector<Integer> groups() {
    return vector(suite.groupId());
  }

  static <T> Vector<T> vector(T element) {
    Vector<T> one = new Vector<>();
    one.add(element);
    return one;
  }

  private SignatureAndHashAlgorithm scheme() {
    return SignatureScheme.getSignatureAndHashAlgorithm(
        suite.signature().equals(Signer.ML_DSA_65)
            ? SignatureScheme.mldsa65
            : SignatureScheme.mldsa87);
  }

  Vector<SignatureAndHashAlgorithm> schemes() {
    return vector(scheme());
  }

  /** Signs the handshake with the session's post-quantum key. */
  TlsCredentialedSigner signer(TlsContext context, byte[] requestContext) throws IOException {
    CertificateEntry entry =
        new CertificateEntry(crypto.createCertificate(credential.certificate()), null);
    MLDSAParameters parameters =
        suite.signature().equals(Signer.ML_DSA_65)
            ? MLDSAParameters.ml_dsa_65
            : MLDSAParameters.ml_dsa_87;
    return new BcDefaultTlsCredentialedSigner(
        new TlsCryptoParameters(context),
        crypto,
        new MLDSAPrivateKeyParameters(parameters, credential.signatureSeed()),
        new Certificate(requestContext, new CertificateEntry[] {entry}),
        scheme());
  }

  /** Looks who the peer is. Its signature over the handshake is checked by the library. */
  void peerShowed(Certificate certificate) throws IOException {
    TlsCertificate[] chain = certificate.getCertificateList();
    if (chain.length != 1) {
      throw new TlsFatalAlert(AlertDescription.bad_certificate, "one certificate is expected");
    }
    try {
      byte[] der = chain[0].getEncoded();
      peer = pairing ? verifier.unproven(der, suite) : verifier.verify(der, suite);
    } catch (RefusedPeerException e) {
      short alert =
          switch (e.reason()) {
            case UNKNOWN_DEVICE -> AlertDescription.certificate_unknown;
            case CLOCK -> AlertDescription.certificate_expired;
            default -> AlertDescription.bad_certificate;
          };
      throw new TlsFatalAlert(alert, e);
    }
  }

  void completed(TlsContext context) throws IOException {
    if (peer == null) {
      throw new TlsFatalAlert(AlertDescription.certificate_required);
    }
    Arrays.fill(credential.signatureSeed(), (byte) 0);
    exporter = context.exportKeyingMaterial(EXPORTER, null, EXPORTER_BYTES);
    library = context.getSecurityParametersConnection();
  }

  /**
   * What came of it.
   *
   * @param protocol whose handshake is done
   */
  SecureSession session(boolean client, TlsProtocol protocol) throws IOException {
    Records records = crypto.records(client, protocol);
    destroy(library.getExporterMasterSecret());
    if (records instanceof RecordLayer) {
      destroy(library.getTrafficSecretClient());
      destroy(library.getTrafficSecretServer());
    }
    return new SecureSession(suite, cipher, peer, exporter, credential.ed25519Seed(), records);
  }

  /** The library keeps the first secrets for the life of its protocol. */
  private static void destroy(TlsSecret secret) {
    if (secret != null) {
      secret.destroy();
    }
  }

  /** Nothing comes of it: ends what it had. */
  void wipe() {
    Arrays.fill(credential.signatureSeed(), (byte) 0);
    Arrays.fill(credential.ed25519Seed(), (byte) 0);
    crypto.wipe();
  }
}
