package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import java.security.Provider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.conscrypt.Conscrypt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The implementations that there may be here, by algorithm, in the order of their usual speed. */
final class Candidates {
  private static final Logger LOG = LoggerFactory.getLogger(Candidates.class);

  private Candidates() {}

  static Map<String, List<AeadSource>> all() {
    List<AeadSource> aes = new ArrayList<>();
    List<AeadSource> chacha = new ArrayList<>();
    try {
      Provider conscrypt = Conscrypt.newProvider();
      aes.add(new CipherSource("Conscrypt", conscrypt, "AES/GCM/NoPadding", "AES", true, false));
      chacha.add(
          new CipherSource(
              "Conscrypt", conscrypt, "ChaCha20/Poly1305/NoPadding", "ChaCha20", false, false));
    } catch (LinkageError | RuntimeException e) {
      LOG.warn("COT-0203 Conscrypt does not load here, ChaCha20 will be slow: {}", e.toString());
    }
    aes.add(new CipherSource("SunJCE", null, "AES/GCM/NoPadding", "AES", true, false));
    chacha.add(new CipherSource("SunJCE", null, "ChaCha20-Poly1305", "ChaCha20", false, true));
    aes.add(
        new PureJavaSource(
            "Bouncy Castle", () -> GCMBlockCipher.newInstance(AESEngine.newInstance())));
    chacha.add(new PureJavaSource("Bouncy Castle", ChaCha20Poly1305::new));
    Map<String, List<AeadSource>> all = new TreeMap<>();
    all.put(Aead.AES_256_GCM, aes);
    all.put(Aead.CHACHA20_POLY1305, chacha);
    return all;
  }
}
