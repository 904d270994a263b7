package io.coterie.crypto.eddsa.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Ed25519 (RFC 8032), pure, deterministic, by Bouncy Castle: 20 times as fast as the JDK's. */
@Component(service = Signer.class, property = Signer.ALGORITHM + "=" + Signer.ED25519)
public final class Ed25519Signer implements Signer {
  /** RFC 8032 section 7.1, test 2: seed, public key, message, signature. */
  private static final String[] KNOWN = {
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
  };

  @Activate
  void activate() throws CryptoException {
    HexFormat hex = HexFormat.of();
    byte[] publicKey = hex.parseHex(KNOWN[1]);
    byte[] message = hex.parseHex(KNOWN[2]);
    byte[] expected = hex.parseHex(KNOWN[3]);
    byte[] signature = sign(hex.parseHex(KNOWN[0]), message, new SystemEntropy());
    boolean good = Arrays.equals(signature, expected) && verify(publicKey, message, signature);
    signature[3] ^= 1;
    if (!good || verify(publicKey, message, signature)) {
      throw new CryptoException(ED25519 + " failed its self-test");
    }
  }

  @Override
  public String algorithm() {
    return ED25519;
  }

  @Override
  public String provider() {
    return "Bouncy Castle";
  }

  @Override
  public int publicKeyBytes() {
    return Ed25519.PUBLIC_KEY_SIZE;
  }

  @Override
  public int signatureBytes() {
    return Ed25519.SIGNATURE_SIZE;
  }

  @Override
  public SignatureKeyPair generate(Entropy entropy) {
    byte[] seed = entropy.bytes(Ed25519.SECRET_KEY_SIZE);
    byte[] publicKey = new byte[Ed25519.PUBLIC_KEY_SIZE];
    Ed25519.generatePublicKey(seed, 0, publicKey, 0);
    return new SignatureKeyPair(publicKey, seed);
  }

  @Override
  public byte[] sign(byte[] privateKey, byte[] message, Entropy entropy) throws CryptoException {
    if (privateKey.length != PRIVATE_KEY_BYTES) {
      throw new CryptoException("the key is no seed of " + PRIVATE_KEY_BYTES + " bytes");
    }
    byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
    Ed25519.sign(privateKey, 0, message, 0, message.length, signature, 0);
    return signature;
  }

  @Override
  public boolean verify(byte[] publicKey, byte[] message, byte[] signature) throws CryptoException {
    if (publicKey.length != Ed25519.PUBLIC_KEY_SIZE
        || !Ed25519.validatePublicKeyFull(publicKey, 0)) {
      throw new CryptoException("the key is no Ed25519 key");
    }
    return signature.length == Ed25519.SIGNATURE_SIZE
        && Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
  }
}
