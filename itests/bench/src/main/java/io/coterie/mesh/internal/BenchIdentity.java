package io.coterie.mesh.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.X509DeviceCertificates;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import java.io.IOException;
import java.util.Base64;

/** A device's keys that can be handed to another process. Links seal nothing with the KEM key. */
record BenchIdentity(String name, SignatureKeyPair keys, byte[] kemKey, byte[] certificate)
    implements LocalIdentity {
  private static final int MAX = 16 * 1024;
  private static final long YEAR_2100_MILLIS = 4_102_444_800_000L;

  static BenchIdentity make(String name) throws Exception {
    SystemEntropy entropy = new SystemEntropy();
    SignatureKeyPair keys = new MlDsa65Signer().generate(entropy);
    byte[] kemKey = entropy.bytes(1600);
    byte[] certificate =
        new X509DeviceCertificates(new MlDsa65Signer())
            .issue(keys, kemKey, name, 0, YEAR_2100_MILLIS, entropy);
    return new BenchIdentity(name, keys, kemKey, certificate);
  }

  String encode() {
    byte[] bytes =
        new ByteWriter()
            .text(name)
            .bytes(keys.publicKey())
            .bytes(keys.privateKey())
            .bytes(kemKey)
            .bytes(certificate)
            .toByteArray();
    return Base64.getEncoder().encodeToString(bytes);
  }

  static BenchIdentity decode(String text) throws IOException {
    ByteReader in = new ByteReader(Base64.getDecoder().decode(text.trim()));
    return new BenchIdentity(
        in.text(64),
        new SignatureKeyPair(in.bytes(MAX), in.bytes(MAX)),
        in.bytes(MAX),
        in.bytes(MAX));
  }

  @Override
  public DeviceId id() {
    return DeviceId.of(keys.publicKey(), kemKey);
  }

  @Override
  public byte[] signaturePrivateKey() {
    return keys.privateKey().clone();
  }

  @Override
  public byte[] kemPublicKey() {
    return kemKey;
  }

  @Override
  public byte[] unseal(String purpose, byte[] box) {
    throw new IllegalStateException("links seal nothing");
  }

  @Override
  public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) {
    throw new IllegalStateException("links seal nothing");
  }
}
