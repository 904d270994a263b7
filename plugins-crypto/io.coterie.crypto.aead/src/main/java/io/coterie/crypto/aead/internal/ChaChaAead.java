package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import java.security.Provider;
import java.util.ArrayList;
import java.util.List;
import org.conscrypt.Conscrypt;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ChaCha20-Poly1305 (RFC 8439): by Conscrypt's native code where it loads, else by the JDK, about
 * seven times slower.
 */
@Component(service = Aead.class, property = Aead.ALGORITHM + "=" + Aead.CHACHA20_POLY1305)
public final class ChaChaAead extends ChosenAead {
  /** RFC 8439 section 2.8.2. */
  static final SelfTest.KnownAnswer ANSWER =
      new SelfTest.KnownAnswer(
          "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
          "070000004041424344454647",
          "50515253c0c1c2c3c4c5c6c7",
          "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
              + "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
              + "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
              + "637265656e20776f756c642062652069742e",
          "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
              + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
              + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
              + "3ff4def08e4b7a9de576d26586cec64b6116"
              + "1ae10b594f09e26a7e902ecbd0600691");

  private static final Logger LOG = LoggerFactory.getLogger(ChaChaAead.class);

  @Activate
  public ChaChaAead() {
    super(CHACHA20_POLY1305, SelfTest.choose(CHACHA20_POLY1305, candidates(), ANSWER));
  }

  static List<CipherSource> candidates() {
    List<CipherSource> sources = new ArrayList<>();
    try {
      Provider conscrypt = Conscrypt.newProvider();
      sources.add(
          new CipherSource(
              "Conscrypt", conscrypt, "ChaCha20/Poly1305/NoPadding", "ChaCha20", false, false));
    } catch (LinkageError | RuntimeException e) {
      LOG.warn("COT-0203 Conscrypt does not load here, ChaCha20 will be slow: {}", e.toString());
    }
    sources.add(new CipherSource("SunJCE", null, "ChaCha20-Poly1305", "ChaCha20", false, true));
    return sources;
  }
}
