package io.coterie.mesh.internal.tls;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.Aead;
import java.io.IOException;
import java.security.Provider;
import java.security.SecureRandom;
import org.bouncycastle.jcajce.util.ProviderJcaJceHelper;
import org.bouncycastle.tls.EncryptionAlgorithm;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipher;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;

/** Bouncy Castle's TLS cryptography with the record ciphers replaced by the device's AEADs. */
final class FastTlsCrypto extends JcaTlsCrypto {
  private static final int KEY_BYTES = 32;

  private final Aead aes;
  private final Aead chacha;

  private FastTlsCrypto(
      Provider provider, SecureRandom random, SecureRandom nonces, Aead aes, Aead chacha) {
    super(new ProviderJcaJceHelper(provider), random, nonces);
    this.aes = aes;
    this.chacha = chacha;
  }

  /** What the JSSE provider asks for its cryptography. */
  static JcaTlsCryptoProvider provider(
      Provider bouncyCastle, Entropy entropy, Aead aes, Aead chacha) {
    return new JcaTlsCryptoProvider() {
      @Override
      public JcaTlsCrypto create(SecureRandom key, SecureRandom nonce) {
        SecureRandom random = new EntropyRandom(entropy);
        return new FastTlsCrypto(bouncyCastle, random, random, aes, chacha);
      }

      @Override
      public JcaTlsCrypto create(SecureRandom random) {
        return create(random, random);
      }
    };
  }

  @Override
  public boolean hasEncryptionAlgorithm(int algorithm) {
    return algorithm == EncryptionAlgorithm.AES_256_GCM
        || algorithm == EncryptionAlgorithm.CHACHA20_POLY1305
        || super.hasEncryptionAlgorithm(algorithm);
  }

  @Override
  public TlsCipher createCipher(TlsCryptoParameters parameters, int encryption, int mac)
      throws IOException {
    return switch (encryption) {
      case EncryptionAlgorithm.AES_256_GCM -> cipher(parameters, aes, TlsAEADCipher.AEAD_GCM);
      case EncryptionAlgorithm.CHACHA20_POLY1305 ->
          cipher(parameters, chacha, TlsAEADCipher.AEAD_CHACHA20_POLY1305);
      default -> super.createCipher(parameters, encryption, mac);
    };
  }

  private static TlsCipher cipher(TlsCryptoParameters parameters, Aead aead, int type)
      throws IOException {
    return new TlsAEADCipher(
        parameters,
        new RecordCipher(aead, true),
        new RecordCipher(aead, false),
        KEY_BYTES,
        Aead.TAG_BYTES,
        type);
  }
}
