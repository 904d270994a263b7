package io.coterie.mesh.internal.tls;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DeviceCertificates;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.Peer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.BCSSLEngine;
import org.bouncycastle.jsse.BCSSLParameters;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;

/**
 * Makes TLS 1.3 engines that speak one suite and nothing else: its hybrid group, its cipher,
 * ML-DSA-65 certificates both ways, pinned. Thread-safe. Providers are held here and never
 * registered in the JVM.
 */
public final class TlsEngines {
  private static final String TLS13 = "TLSv1.3";
  private static final String SIGNATURE_SCHEME = "mldsa65";
  private static final String ALIAS = "device";

  private final SSLContext context;
  private final PinnedTrust trust;

  /**
   * Prepares for the keys of this device and the peers that {@code peers} knows at each handshake.
   */
  public TlsEngines(
      LocalIdentity identity,
      DeviceCertificates certificates,
      Function<DeviceId, Optional<Peer>> peers,
      Aead aes,
      Aead chacha,
      Entropy entropy)
      throws IOException {
    this.trust = new PinnedTrust(certificates, peers);
    Provider bouncyCastle = new BouncyCastleProvider();
    Provider jsse =
        new BouncyCastleJsseProvider(
            false, FastTlsCrypto.provider(bouncyCastle, entropy, aes, chacha));
    byte[] seed = identity.signaturePrivateKey();
    try {
      PrivateKey key =
          KeyFactory.getInstance(Signer.ML_DSA_65, bouncyCastle)
              .generatePrivate(
                  new PKCS8EncodedKeySpec(
                      PrivateKeyInfoFactory.createPrivateKeyInfo(
                              new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_65, seed))
                          .getEncoded()));
      Certificate certificate =
          CertificateFactory.getInstance("X.509", bouncyCastle)
              .generateCertificate(new ByteArrayInputStream(identity.certificate()));
      KeyStore store = KeyStore.getInstance("PKCS12", bouncyCastle);
      store.load(null, null);
      store.setKeyEntry(ALIAS, key, new char[0], new Certificate[] {certificate});
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX", jsse);
      keys.init(store, new char[0]);
      context = SSLContext.getInstance("TLS", jsse);
      context.init(keys.getKeyManagers(), new TrustManager[] {trust}, new EntropyRandom(entropy));
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS could not be prepared: " + e.getMessage(), e);
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  /** An engine for one connection. */
  public SSLEngine engine(Suite suite, boolean client) {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(client);
    BCSSLEngine bc = (BCSSLEngine) engine;
    BCSSLParameters parameters = bc.getParameters();
    parameters.setProtocols(new String[] {TLS13});
    parameters.setCipherSuites(new String[] {suite.cipherSuite()});
    parameters.setNamedGroups(new String[] {suite.group()});
    parameters.setSignatureSchemes(new String[] {SIGNATURE_SCHEME});
    parameters.setSignatureSchemesCert(new String[] {SIGNATURE_SCHEME});
    if (!client) {
      parameters.setNeedClientAuth(true);
    }
    bc.setParameters(parameters);
    return engine;
  }

  /** Whether a device is trusted at this moment. */
  public boolean trusted(DeviceId id) {
    return trust.trusted(id);
  }

  /** Who stands at the other end of a finished handshake. */
  public DeviceId peer(SSLEngine engine) throws IOException {
    try {
      Certificate[] chain = engine.getSession().getPeerCertificates();
      return trust.identify(Arrays.copyOf(chain, chain.length, X509Certificate[].class));
    } catch (SSLPeerUnverifiedException | CertificateException e) {
      throw new IOException("the peer is not identified: " + e.getMessage(), e);
    }
  }
}
