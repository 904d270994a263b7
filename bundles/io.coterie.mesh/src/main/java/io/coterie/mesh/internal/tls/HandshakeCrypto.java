package io.coterie.mesh.internal.tls;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.LinkCipher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.tls.EncryptionAlgorithm;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsProtocol;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipher;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/**
 * The library's cryptography for one handshake, with our AEADs. Remembers the traffic secrets that
 * it saw last: those of the application data.
 */
final class HandshakeCrypto extends BcTlsCrypto {
  private static final int KEY_BYTES = 32;

  /** One to seal and one to open. */
  private static final int CIPHERS_AT_ONCE = 2;

  private final MeshCrypto crypto;
  private final LinkCipher cipher;
  private final List<RecordCipher> ciphers = new ArrayList<>();
  private TlsSecret clientSecret;
  private TlsSecret serverSecret;
  private int hash;
  private int hashBytes;
  private boolean handedOver;

  HandshakeCrypto(MeshCrypto crypto, LinkCipher cipher, Entropy entropy) {
    super(new EntropyRandom(entropy));
    this.crypto = crypto;
    this.cipher = cipher;
  }

  @Override
  public TlsCipher createCipher(TlsCryptoParameters parameters, int encryption, int mac)
      throws IOException {
    SecurityParameters secrets = parameters.getSecurityParametersHandshake();
    forget();
    clientSecret = adoptSecret(secrets.getTrafficSecretClient());
    serverSecret = adoptSecret(secrets.getTrafficSecretServer());
    hash = secrets.getPRFCryptoHashAlgorithm();
    hashBytes = secrets.getPRFHashLength();
    RecordCipher sealing = new RecordCipher(crypto.context(cipher), true);
    RecordCipher opening = new RecordCipher(crypto.context(cipher), false);
    ciphers.add(sealing);
    ciphers.add(opening);
    return new TlsAEADCipher(
        parameters,
        sealing,
        opening,
        KEY_BYTES,
        Aead.TAG_BYTES,
        encryption == EncryptionAlgorithm.CHACHA20_POLY1305
            ? TlsAEADCipher.AEAD_CHACHA20_POLY1305
            : TlsAEADCipher.AEAD_GCM);
  }

  private void forget() {
    if (clientSecret != null && !handedOver) {
      clientSecret.destroy();
      serverSecret.destroy();
      clientSecret = null;
      serverSecret = null;
    }
  }

  /** What goes on where the handshake ended. Once. */
  Records records(boolean client, TlsProtocol protocol) throws IOException {
    if (crypto.recordsByLibrary()) {
      forget();
      List<RecordCipher> ofTheHandshake = ciphers.subList(0, ciphers.size() - CIPHERS_AT_ONCE);
      ofTheHandshake.forEach(RecordCipher::destroy);
      ofTheHandshake.clear();
      return new LibraryRecords(protocol, this::wipe);
    }
    return recordLayer(client, RecordLayer.RECORDS_FOR_A_KEY);
  }

  /** Ends all keys and secrets that are left here. Idempotent. */
  void wipe() {
    forget();
    ciphers.forEach(RecordCipher::destroy);
    ciphers.clear();
  }

  /** Our own record layer. */
  RecordLayer recordLayer(boolean client, long recordsForAKey) throws IOException {
    ciphers.forEach(RecordCipher::destroy);
    ciphers.clear();
    TrafficKeys clientKeys = new TrafficKeys(clientSecret, hash, hashBytes);
    TrafficKeys serverKeys = new TrafficKeys(serverSecret, hash, hashBytes);
    handedOver = true;
    return new RecordLayer(
        crypto.context(cipher),
        client ? clientKeys : serverKeys,
        client ? serverKeys : clientKeys,
        recordsForAKey);
  }
}
