package io.coterie.mesh.internal.tls;

import static io.coterie.mesh.internal.tls.TlsBytes.bytes;
import static io.coterie.mesh.internal.tls.TlsBytes.offer;
import static io.coterie.mesh.internal.tls.TlsBytes.open;
import static io.coterie.mesh.internal.tls.TlsBytes.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.SessionCredential;
import io.coterie.mesh.internal.TestIdentities;
import io.coterie.testkit.MemoryIdentity;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.BCSSLEngine;
import org.bouncycastle.jsse.BCSSLParameters;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The JSSE provider of Bouncy Castle, which links were made of once, is a peer of our TLS in both
 * roles: handshake, data, good end. It reaches no exporter, so the second signature of a link is
 * left to {@link io.coterie.mesh.internal.ForeignPeerTest}.
 */
class BouncyCastleJssePeerTest {
  private static final int BUFFER_BYTES = 128 * 1024;

  private final MemoryIdentity ours = TestIdentities.make("ours");
  private final MemoryIdentity theirs = TestIdentities.make("theirs");
  private final ByteArrayOutputStream toEngine = new ByteArrayOutputStream();
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();

  private Handshake handshake(Suite suite, LinkCipher cipher, boolean dials) throws Exception {
    MeshCrypto crypto = TestIdentities.crypto();
    PeerVerifier knows =
        new PeerVerifier(
            crypto,
            id -> Optional.of(new Peer(theirs.id(), theirs.name(), List.of(), theirs.keys())),
            new SystemClock());
    Party party =
        new Party(suite, cipher, ours, knows, crypto, new SystemEntropy(), false, r -> null);
    return new Handshake(party, dials);
  }

  private SSLEngine engine(Suite suite, LinkCipher cipher, boolean dials) throws Exception {
    BouncyCastleProvider algorithms = new BouncyCastleProvider();
    SSLContext context =
        SSLContext.getInstance("TLSv1.3", new BouncyCastleJsseProvider(false, algorithms));
    context.init(
        new KeyManager[] {new OneKey(theirs.session(suite), suite, algorithms)},
        new TrustManager[] {new AnyPeer()},
        new SecureRandom());
    SSLEngine engine = context.createSSLEngine("ours", 1);
    engine.setUseClientMode(dials);
    BCSSLParameters parameters = ((BCSSLEngine) engine).getParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    parameters.setCipherSuites(new String[] {cipher.label()});
    parameters.setNamedGroups(new String[] {suite.group()});
    parameters.setSignatureSchemes(
        new String[] {suite.signature().equals(Signer.ML_DSA_65) ? "mldsa65" : "mldsa87"});
    parameters.setSignatureSchemesCert(new String[] {"ed25519"});
    parameters.setApplicationProtocols(new String[] {"coterie/2"});
    if (!dials) {
      parameters.setNeedClientAuth(true);
    }
    ((BCSSLEngine) engine).setParameters(parameters);
    return engine;
  }

  private static byte[] wrap(SSLEngine engine, byte[] plain) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteBuffer in = ByteBuffer.wrap(plain);
    do {
      ByteBuffer out = ByteBuffer.allocate(BUFFER_BYTES);
      engine.wrap(in, out);
      all.write(out.array(), 0, out.position());
    } while (in.hasRemaining() || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP);
    return all.toByteArray();
  }

  private void unwrap(SSLEngine engine) throws Exception {
    ByteBuffer in = ByteBuffer.wrap(toEngine.toByteArray());
    toEngine.reset();
    while (in.hasRemaining()) {
      int before = in.position();
      ByteBuffer out = ByteBuffer.allocate(BUFFER_BYTES);
      engine.unwrap(in, out);
      received.write(out.array(), 0, out.position());
      runTasks(engine);
      if (in.position() == before) {
        break; // it wants to say something first
      }
    }
    toEngine.write(in.array(), in.position(), in.remaining());
  }

  private static void runTasks(SSLEngine engine) {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "STANDARD,AES_256_GCM,true",
    "STANDARD,CHACHA20_POLY1305,false",
    "MAX,CHACHA20_POLY1305,true",
    "MAX,CHACHA20_POLY1305,false"
  })
  void itIsAPeerInBothRoles(Suite suite, LinkCipher cipher, boolean weDial) throws Exception {
    Handshake handshake = handshake(suite, cipher, weDial);
    SSLEngine engine = engine(suite, cipher, !weDial);
    engine.beginHandshake();
    handshake.begin();
    for (int turn = 0; turn < 20 && !(handshake.done() && idle(engine)); turn++) {
      toEngine.write(bytes(handshake.output()));
      unwrap(engine);
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        offer(handshake, wrap(engine, new byte[0]));
      }
    }
    assertTrue(handshake.done() && idle(engine), "the handshake never ends");
    SecureSession session = handshake.session();
    assertEquals(theirs.id(), session.peer().id());
    Records records = session.records();
    byte[] data = random(70_000);
    assertArrayEquals(data, open(records, wrap(engine, data)));
    for (int at = 0; at < data.length; at += 10_000) {
      toEngine.write(bytes(records.seal(ByteBuffer.wrap(data, at, 10_000))));
    }
    unwrap(engine);
    assertArrayEquals(data, received.toByteArray());
    toEngine.write(bytes(records.closeNotify()));
    assertFalse(engine.isInboundDone());
    unwrap(engine);
    assertTrue(engine.isInboundDone(), "our close_notify is understood");
    engine.closeOutbound();
    assertFalse(records.peerClosed());
    open(records, wrap(engine, new byte[0]));
    assertTrue(records.peerClosed());
    records.close();
  }

  private static boolean idle(SSLEngine engine) {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }

  /** The session certificate of a device and its key. */
  private static final class OneKey extends X509ExtendedKeyManager {
    private static final String ALIAS = "session";
    private final X509Certificate certificate;
    private final PrivateKey key;

    OneKey(SessionCredential session, Suite suite, BouncyCastleProvider algorithms)
        throws Exception {
      certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509", algorithms)
                  .generateCertificate(new ByteArrayInputStream(session.certificate()));
      MLDSAParameters parameters =
          suite.signature().equals(Signer.ML_DSA_65)
              ? MLDSAParameters.ml_dsa_65
              : MLDSAParameters.ml_dsa_87;
      key =
          KeyFactory.getInstance("ML-DSA", algorithms)
              .generatePrivate(
                  new PKCS8EncodedKeySpec(
                      PrivateKeyInfoFactory.createPrivateKeyInfo(
                              new MLDSAPrivateKeyParameters(parameters, session.signatureSeed()))
                          .getEncoded()));
    }

    private static String fits(String keyType) {

      return keyType.toUpperCase(Locale.ROOT).startsWith("ML-DSA") ? ALIAS : null;
    }

    @Override
    public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
      return Arrays.stream(types)
          .map(OneKey::fits)
          .filter(Objects::nonNull)
          .findFirst()
          .orElse(null);
    }

    @Override
    public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
      return fits(type);
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return ALIAS;
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return ALIAS;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {certificate};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }
  }

  /** Who we are is not the question here. */
  private static final class AnyPeer extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
