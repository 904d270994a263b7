package io.coterie.crypto.aead.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelfTestTest {
  private static final CipherSource ABSENT =
      new CipherSource("absent", null, "No/Such/Cipher", "AES", true, false);
  private static final CipherSource WRONG =
      new CipherSource("wrong", null, "AES/GCM/NoPadding", "AES", true, false);

  @Test
  void aProviderThatIsMissingOrAnswersWronglyIsPassedOver() {
    List<CipherSource> sources = new ArrayList<>(List.of(ABSENT, WRONG));
    sources.addAll(ChaChaAead.candidates());
    assertEquals("Conscrypt", SelfTest.choose("test", sources, ChaChaAead.ANSWER).name());
  }

  @Test
  void withoutAnyGoodProviderTheAlgorithmIsNotOffered() {
    assertThrows(
        IllegalStateException.class,
        () -> SelfTest.choose("test", List.of(ABSENT, WRONG), ChaChaAead.ANSWER));
  }

  @Test
  void theJdkAloneServesBothAlgorithms() {
    CipherSource jdk = ChaChaAead.candidates().get(1);
    assertEquals("SunJCE", SelfTest.choose("test", List.of(jdk), ChaChaAead.ANSWER).name());
    assertEquals("SunJCE", new AesGcmAead().provider());
  }
}
