package io.coterie.volume.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.volume.api.BlockCodec;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The algorithms with which recipients and archives work; each may be exchanged meanwhile.
 * Thread-safe.
 */
@Component(service = VolumeAlgorithms.class)
public final class VolumeAlgorithms {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeAlgorithms.class);
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final HotRef<Kem> kem = new HotRef<>("KEM", WAIT_MILLIS);
  private final HotRef<PasswordHash> hash = new HotRef<>(PasswordHash.ARGON2ID, WAIT_MILLIS);
  private final HotRef<Aead> aead = new HotRef<>(Aead.AES_256_GCM, WAIT_MILLIS);
  private final HotRef<BlockCodec> codec = new HotRef<>(BlockCodec.ZSTD, WAIT_MILLIS);
  private final HotRef<BlockCodec> lz4 = new HotRef<>(BlockCodec.LZ4, WAIT_MILLIS);

  HotRef<Kem> kem() {
    return kem;
  }

  HotRef<PasswordHash> hash() {
    return hash;
  }

  HotRef<Aead> aead() {
    return aead;
  }

  /** Zstandard. */
  HotRef<BlockCodec> codec() {
    return codec;
  }

  HotRef<BlockCodec> lz4() {
    return lz4;
  }

  @Reference(
      target = "(" + Kem.ALGORITHM + "=" + Kem.X25519_MLKEM1024 + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindKem(Kem service) {
    kem.bind(service);
  }

  void unbindKem(Kem service) {
    unbind(kem, service);
  }

  @Reference(
      target = "(" + PasswordHash.ALGORITHM + "=" + PasswordHash.ARGON2ID + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindHash(PasswordHash service) {
    hash.bind(service);
  }

  void unbindHash(PasswordHash service) {
    unbind(hash, service);
  }

  @Reference(
      target = "(" + Aead.ALGORITHM + "=" + Aead.AES_256_GCM + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindAead(Aead service) {
    aead.bind(service);
  }

  void unbindAead(Aead service) {
    unbind(aead, service);
  }

  @Reference(
      target = "(" + BlockCodec.ALGORITHM + "=" + BlockCodec.ZSTD + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindCodec(BlockCodec service) {
    codec.bind(service);
  }

  void unbindCodec(BlockCodec service) {
    unbind(codec, service);
  }

  @Reference(
      target = "(" + BlockCodec.ALGORITHM + "=" + BlockCodec.LZ4 + ")",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindLz4(BlockCodec service) {
    lz4.bind(service);
  }

  void unbindLz4(BlockCodec service) {
    unbind(lz4, service);
  }

  private static <T> void unbind(HotRef<T> ref, T service) {
    if (!ref.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0204 {} left while calls were in flight", service.getClass().getName());
    }
  }
}
