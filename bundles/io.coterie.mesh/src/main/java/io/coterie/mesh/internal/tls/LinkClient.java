package io.coterie.mesh.internal.tls;

import java.io.IOException;
import java.util.Hashtable;
import java.util.Vector;
import org.bouncycastle.tls.AbstractTlsClient;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsServerCertificate;

/** The dialling side of a handshake: offers one suite and nothing else. */
final class LinkClient extends AbstractTlsClient {
  private final Party party;

  LinkClient(Party party) {
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
  protected Vector<Integer> getSupportedGroups(@SuppressWarnings("rawtypes") Vector roles) {
    return party.groups();
  }

  @Override
  public Vector<Integer> getEarlyKeyShareGroups() {
    return party.groups();
  }

  @Override
  protected Vector<SignatureAndHashAlgorithm> getSupportedSignatureAlgorithms() {
    return party.schemes();
  }

  @Override
  protected Vector<ProtocolName> getProtocolNames() {
    return Party.vector(Party.PROTOCOL);
  }

  @Override
  public Hashtable<Integer, byte[]> getClientExtensions() throws IOException {
    @SuppressWarnings("unchecked") // what the library fills it with
    Hashtable<Integer, byte[]> extensions = super.getClientExtensions();
    HelloToken token = party.token(context.getSecurityParametersHandshake().getClientRandom());
    if (token != null) {
      extensions.put(HelloToken.EXTENSION, token.encode());
    }
    return extensions;
  }

  @Override
  public boolean shouldUseCompatibilityMode() {
    return false;
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
  public TlsAuthentication getAuthentication() {
    return new TlsAuthentication() {
      @Override
      public void notifyServerCertificate(TlsServerCertificate server) throws IOException {
        party.peerShowed(server.getCertificate());
      }

      @Override
      public TlsCredentials getClientCredentials(CertificateRequest request) throws IOException {
        return party.signer(context, request.getCertificateRequestContext());
      }
    };
  }

  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    party.completed(context);
  }
}
