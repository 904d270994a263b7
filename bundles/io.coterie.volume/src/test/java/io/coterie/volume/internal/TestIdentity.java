package io.coterie.volume.internal;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.SealedBox;
import io.coterie.crypto.api.Suite;
import io.coterie.crypto.mlkem.internal.HybridMlKem1024;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.SessionCredential;
import java.util.List;

/** A device with a real KEM key pair, and keys that sign nothing. */
final class TestIdentity implements LocalIdentity {
  static final HybridMlKem1024 KEM = new HybridMlKem1024();
  static final Aead AEAD = AeadProviders.usual(Aead.AES_256_GCM);

  private final String name;
  private final KemKeyPair pair = KEM.generate(new SystemEntropy());
  private final DeviceKeys keys =
      new DeviceKeys(
          1,
          new byte[DeviceKeys.ED25519_BYTES],
          new byte[DeviceKeys.ML_DSA_BYTES],
          pair.publicKey());

  TestIdentity(String name) {
    this.name = name;
  }

  Peer asPeer() {
    return new Peer(id(), name, List.of(), keys);
  }

  @Override
  public DeviceId id() {
    return DeviceId.of(keys);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceKeys keys() {
    return keys;
  }

  @Override
  public byte[] sign(String purpose, byte[] message) {
    throw new UnsupportedOperationException("volumes sign nothing");
  }

  @Override
  public SessionCredential session(Suite suite) {
    throw new UnsupportedOperationException("volumes open no links");
  }

  @Override
  public byte[] unseal(String purpose, byte[] box) throws CryptoException {
    return SealedBox.open(KEM, AEAD, pair.privateKey(), purpose, box);
  }

  @Override
  public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) throws CryptoException {
    return SealedBox.seal(KEM, AEAD, kemPublicKey, purpose, payload, new SystemEntropy());
  }
}
