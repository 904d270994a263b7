package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * AES-256-GCM (NIST SP 800-38D) by the JDK, which uses the processor's AES and GHASH instructions.
 */
@Component(service = Aead.class, property = Aead.ALGORITHM + "=" + Aead.AES_256_GCM)
public final class AesGcmAead extends ChosenAead {
  /** McGrew and Viega, The Galois/Counter Mode of Operation, test case 16. */
  static final SelfTest.KnownAnswer ANSWER =
      new SelfTest.KnownAnswer(
          "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
          "cafebabefacedbaddecaf888",
          "feedfacedeadbeeffeedfacedeadbeefabaddad2",
          "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
              + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
              + "76fc6ece0f4e1768cddf8853bb2d551b");

  @Activate
  public AesGcmAead() {
    super(AES_256_GCM, SelfTest.choose(AES_256_GCM, candidates(), ANSWER));
  }

  static List<CipherSource> candidates() {
    return List.of(new CipherSource("SunJCE", null, "AES/GCM/NoPadding", "AES", true, false));
  }
}
