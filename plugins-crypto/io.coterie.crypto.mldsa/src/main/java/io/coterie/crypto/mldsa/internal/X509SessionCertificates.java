package io.coterie.crypto.mldsa.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.crypto.api.SessionCertificates;
import io.coterie.crypto.api.SessionStatement;
import io.coterie.crypto.api.Signer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.Map;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.osgi.service.component.annotations.Component;

/** Session certificates in X.509 version 3. Format: docs/formats/identity.md. */
@Component
public final class X509SessionCertificates implements SessionCertificates {
  private static final ASN1ObjectIdentifier SESSION = new ASN1ObjectIdentifier(EXTENSION);
  private static final AlgorithmIdentifier ED25519 =
      new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519);
  private static final Map<String, ASN1ObjectIdentifier> KEYS =
      Map.of(
          Signer.ML_DSA_65, NISTObjectIdentifiers.id_ml_dsa_65,
          Signer.ML_DSA_87, NISTObjectIdentifiers.id_ml_dsa_87);
  private static final int VERSION = 1;
  private static final int SERIAL_BYTES = 16;
  private static final int ID_BYTES = 32;
  private static final int MAX_FIELD_BYTES = 8192;
  private static final long MILLIS = 1000;

  @Override
  public byte[] issue(
      SessionStatement statement,
      byte[] postQuantumSignature,
      ClassicalKey identity,
      Entropy entropy)
      throws CryptoException {
    X500Name name = new X500Name("CN=" + HexFormat.of().formatHex(statement.deviceId()));
    AlgorithmIdentifier key = new AlgorithmIdentifier(KEYS.get(statement.algorithm()));
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            name,
            new BigInteger(1, entropy.bytes(SERIAL_BYTES)),
            new Date(statement.notBeforeSeconds() * MILLIS),
            new Date(statement.notAfterSeconds() * MILLIS),
            name,
            new SubjectPublicKeyInfo(key, statement.publicKey()));
    byte[] extension =
        new ByteWriter()
            .u8(VERSION)
            .raw(statement.deviceId())
            .u64(statement.keyGeneration())
            .bytes(statement.ed25519PublicKey())
            .bytes(postQuantumSignature)
            .toByteArray();
    try {
      builder.addExtension(SESSION, false, new DEROctetString(extension));
      return builder.build(new IdentitySigner(identity)).getEncoded();
    } catch (IOException | UncheckedIOException e) {
      throw new CryptoException("the certificate could not be issued", e);
    }
  }

  /** Hands the certificate's signed part to the identity. */
  private static final class IdentitySigner implements ContentSigner {
    private final ByteArrayOutputStream signed = new ByteArrayOutputStream();
    private final ClassicalKey identity;

    IdentitySigner(ClassicalKey identity) {
      this.identity = identity;
    }

    @Override
    public AlgorithmIdentifier getAlgorithmIdentifier() {
      return ED25519;
    }

    @Override
    public OutputStream getOutputStream() {
      return signed;
    }

    @Override
    public byte[] getSignature() {
      try {
        return identity.sign(signed.toByteArray());
      } catch (CryptoException e) {
        throw new UncheckedIOException(new IOException(e));
      }
    }
  }

  @Override
  public SessionCertificate parse(byte[] der) throws MalformedInputException {
    if (der.length > MAX_BYTES) {
      throw new MalformedInputException("a certificate of " + der.length + " bytes");
    }
    try {
      return take(new X509CertificateHolder(der), der);
    } catch (MalformedInputException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new MalformedInputException("no session certificate: " + e.getMessage());
    }
  }

  private static SessionCertificate take(X509CertificateHolder holder, byte[] der)
      throws IOException {
    if (!Arrays.equals(der, holder.toASN1Structure().getEncoded("DER"))) {
      throw new MalformedInputException("the certificate is not in its one encoding");
    }
    Extension extension = holder.getExtension(SESSION);
    if (extension == null || !holder.getSignatureAlgorithm().equals(ED25519)) {
      throw new MalformedInputException("this is no session certificate");
    }
    AlgorithmIdentifier key = holder.getSubjectPublicKeyInfo().getAlgorithm();
    String algorithm =
        KEYS.entrySet().stream()
            .filter(e -> key.equals(new AlgorithmIdentifier(e.getValue())))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() -> new MalformedInputException("the key is of no known algorithm"));
    ByteReader in =
        new ByteReader(ASN1OctetString.getInstance(extension.getParsedValue()).getOctets());
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("session version " + version + " is unknown");
    }
    byte[] deviceId = in.raw(ID_BYTES);
    long generation = in.u64();
    byte[] ed25519 = in.bytes(MAX_FIELD_BYTES);
    byte[] postQuantum = in.bytes(MAX_FIELD_BYTES);
    in.end();
    SessionStatement statement =
        new SessionStatement(
            deviceId,
            generation,
            algorithm,
            holder.getSubjectPublicKeyInfo().getPublicKeyData().getOctets(),
            ed25519,
            holder.getNotBefore().getTime() / MILLIS,
            holder.getNotAfter().getTime() / MILLIS);
    return new SessionCertificate(
        statement,
        postQuantum,
        holder.toASN1Structure().getTBSCertificate().getEncoded("DER"),
        holder.getSignature());
  }
}
