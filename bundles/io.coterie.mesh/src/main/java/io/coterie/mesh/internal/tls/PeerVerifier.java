package io.coterie.mesh.internal.tls;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.crypto.api.SessionStatement;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.internal.tls.RefusedPeerException.Reason;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Decides whose session certificate it is. There are no chains, no names and no authorities: a
 * certificate is good when both identity keys that are known for its device signed it. Thread-safe.
 */
public final class PeerVerifier {
  private static final int MAX_CACHED = 128;

  private final MeshCrypto crypto;
  private final Function<DeviceId, Optional<Peer>> peers;
  private final Clock clock;
  private final Map<DeviceId, Checked> cache =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<DeviceId, Checked> eldest) {
          return size() > MAX_CACHED;
        }
      };

  public PeerVerifier(MeshCrypto crypto, Function<DeviceId, Optional<Peer>> peers, Clock clock) {
    this.crypto = crypto;
    this.peers = peers;
    this.clock = clock;
  }

  /**
   * Whose it is.
   *
   * @param ed25519 the session's classical key, with which the peer signs its first frame
   * @param certificate what it showed
   */
  public record Verified(DeviceId id, byte[] ed25519, SessionCertificate certificate) {}

  /** Signatures that were found good once need no second look within the life of the keys. */
  private record Checked(byte[] der, DeviceKeys keys) {}

  /** True while the device is trusted. */
  public boolean trusted(DeviceId id) {
    return peers.apply(id).isPresent();
  }

  /** Takes the certificate that a peer showed in a handshake of a suite. */
  Verified verify(byte[] der, Suite suite) throws RefusedPeerException {
    SessionCertificate certificate;
    try {
      certificate = crypto.parse(der);
    } catch (MalformedInputException e) {
      throw new RefusedPeerException(Reason.BAD_CERTIFICATE, e.getMessage());
    }
    SessionStatement statement = certificate.statement();
    if (!statement.algorithm().equals(suite.signature())) {
      throw new RefusedPeerException(
          Reason.BAD_CERTIFICATE,
          "a key of " + statement.algorithm() + " does not belong to suite " + suite.label());
    }
    DeviceId id = DeviceId.of(statement.deviceId());
    Peer peer =
        peers
            .apply(id)
            .orElseThrow(
                () ->
                    new RefusedPeerException(
                        Reason.UNKNOWN_DEVICE,
                        "device " + id.shortForm() + " is not trusted here"));
    DeviceKeys keys = peer.keys();
    if (keys.generation() != statement.keyGeneration()) {
      throw new RefusedPeerException(
          Reason.OTHER_GENERATION,
          "device "
              + id.shortForm()
              + " signs with keys of generation "
              + statement.keyGeneration()
              + ", known is "
              + keys.generation());
    }
    checkTime(id, statement);
    checkSignatures(id, keys, certificate, der);
    return new Verified(id, statement.ed25519PublicKey(), certificate);
  }

  /**
   * Takes a certificate for what it says, for a pairing: who shows it is to be proven afterwards.
   */
  Verified unproven(byte[] der, Suite suite) throws RefusedPeerException {
    try {
      SessionCertificate certificate = crypto.parse(der);
      SessionStatement statement = certificate.statement();
      if (!statement.algorithm().equals(suite.signature())) {
        throw new RefusedPeerException(Reason.BAD_CERTIFICATE, "a session of another suite");
      }
      return new Verified(
          DeviceId.of(statement.deviceId()), statement.ed25519PublicKey(), certificate);
    } catch (MalformedInputException e) {
      throw new RefusedPeerException(Reason.BAD_CERTIFICATE, e.getMessage());
    }
  }

  private void checkTime(DeviceId id, SessionStatement statement) throws RefusedPeerException {
    long now = clock.wallMillis() / 1000;
    if (now < statement.notBeforeSeconds() || now > statement.notAfterSeconds()) {
      long off =
          now < statement.notBeforeSeconds()
              ? statement.notBeforeSeconds() - now
              : statement.notAfterSeconds() - now;
      throw new RefusedPeerException(
          Reason.CLOCK,
          "the session certificate of device "
              + id.shortForm()
              + " is "
              + Math.abs(off)
              + (off > 0 ? " s too early" : " s over")
              + "; compare the clocks of both devices");
    }
  }

  private void checkSignatures(
      DeviceId id, DeviceKeys keys, SessionCertificate certificate, byte[] der)
      throws RefusedPeerException {
    synchronized (cache) {
      Checked known = cache.get(id);
      if (known != null && known.keys() == keys && Arrays.equals(known.der(), der)) {
        return;
      }
    }
    boolean classical =
        crypto.verify(
            Signer.ED25519,
            keys.ed25519(),
            certificate.toBeSigned(),
            certificate.classicalSignature());
    boolean postQuantum =
        crypto.verify(
            Signer.ML_DSA_87,
            keys.mlDsa87(),
            certificate.statement().encode(),
            certificate.postQuantumSignature());
    if (!classical || !postQuantum) {
      throw new RefusedPeerException(
          Reason.BAD_SIGNATURE,
          "the certificate is not signed by both identity keys of device " + id.shortForm());
    }
    synchronized (cache) {
      cache.put(id, new Checked(der.clone(), keys));
    }
  }
}
