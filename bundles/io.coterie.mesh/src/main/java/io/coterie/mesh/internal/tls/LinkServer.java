package io.coterie.mesh.internal.tls;

import java.io.IOException;
import java.util.Vector;
import org.bouncycastle.tls.AbstractTlsServer;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsUtils;

/** The accepting side of a handshake: takes one suite and demands a certificate. */
final class LinkServer extends AbstractTlsServer {
  private final Party party;

  LinkServer(Party party) {
    super(party.crypto());
    this.party = party;
  }

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return ProtocolVersion.TLSv13.only();
  }

  @Override
  protected int[] getSupportedCipherSuites() {
    return new int[] {party.cipherSuite()};
  }

  @Override
  public int[] getSupportedGroups() {
    return new int[] {party.group()};
  }

  @Override
  protected Vector<ProtocolName> getProtocolNames() {
    return Party.vector(Party.PROTOCOL);
  }

  @Override
  public boolean shouldCheckSigAlgOfPeerCerts() {
    return false; // the identity's signatures are checked by us
  }

  @Override
  public int getMaxCertificateChainLength() {
    return 1;
  }

  @Override
  public int getMaxHandshakeMessageSize() {
    return Party.MAX_MESSAGE_BYTES;
  }

  @Override
  public TlsCredentials getCredentials() throws IOException {
    return party.signer(context, TlsUtils.EMPTY_BYTES);
  }

  @Override
  public CertificateRequest getCertificateRequest() throws IOException {
    return new CertificateRequest(TlsUtils.EMPTY_BYTES, party.schemes(), null, null);
  }

  @Override
  public void notifyClientCertificate(Certificate certificate) throws IOException {
    if (certificate == null || certificate.isEmpty()) {
      throw new TlsFatalAlert(AlertDescription.certificate_required);
    }
    party.peerShowed(certificate);
  }

  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    party.completed(context);
  }
}
