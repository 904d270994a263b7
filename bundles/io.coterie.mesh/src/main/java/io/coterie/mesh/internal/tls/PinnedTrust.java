package io.coterie.mesh.internal.tls;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.DeviceCertificate;
import io.coterie.crypto.api.DeviceCertificates;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts exactly the certificates whose keys hash to the id of a trusted peer. No chains, no names.
 */
final class PinnedTrust extends X509ExtendedTrustManager {
  private final DeviceCertificates certificates;
  private final Function<DeviceId, Optional<Peer>> peers;

  PinnedTrust(DeviceCertificates certificates, Function<DeviceId, Optional<Peer>> peers) {
    this.certificates = certificates;
    this.peers = peers;
  }

  boolean trusted(DeviceId id) {
    return peers.apply(id).isPresent();
  }

  /** The device that a certificate belongs to, if it is a trusted one. */
  DeviceId identify(X509Certificate[] chain) throws CertificateException {
    if (chain == null || chain.length != 1) {
      throw new CertificateException("exactly one certificate is expected");
    }
    try {
      DeviceCertificate certificate = certificates.parse(chain[0].getEncoded());
      DeviceId id = DeviceId.of(certificate.signaturePublicKey(), certificate.kemPublicKey());
      if (peers.apply(id).isEmpty()) {
        throw new UntrustedDeviceException(id);
      }
      return id;
    } catch (MalformedInputException e) {
      throw new CertificateException(e.getMessage(), e);
    }
  }

  /** A sound certificate of a device that is not trusted here. */
  static final class UntrustedDeviceException extends CertificateException {
    private static final long serialVersionUID = 1L;

    UntrustedDeviceException(DeviceId id) {
      super("device " + id.shortForm() + " is not trusted here");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    identify(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    identify(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    identify(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    identify(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    identify(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    identify(chain);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
