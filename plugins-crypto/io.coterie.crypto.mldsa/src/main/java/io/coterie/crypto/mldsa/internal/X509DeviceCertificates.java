package io.coterie.crypto.mldsa.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DeviceCertificate;
import io.coterie.crypto.api.DeviceCertificates;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Date;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Device certificates in X.509 v3 with an ML-DSA-65 key and the KEM key in an extension. */
@Component
public final class X509DeviceCertificates implements DeviceCertificates {
  private static final ASN1ObjectIdentifier KEM_KEY = new ASN1ObjectIdentifier(KEM_KEY_EXTENSION);
  private static final AlgorithmIdentifier ALGORITHM =
      new AlgorithmIdentifier(NISTObjectIdentifiers.id_ml_dsa_65);
  private static final int SERIAL_BYTES = 16;
  private static final int MAX_NAME_CHARS = 64;

  private final Signer signer;
  private final BouncyCastleProvider provider = new BouncyCastleProvider();

  @Activate
  public X509DeviceCertificates(
      @Reference(target = "(" + Signer.ALGORITHM + "=" + Signer.ML_DSA_65 + ")") Signer signer) {
    this.signer = signer;
  }

  @Override
  public byte[] issue(
      SignatureKeyPair keys,
      byte[] kemPublicKey,
      String commonName,
      long notBeforeMillis,
      long notAfterMillis,
      Entropy entropy)
      throws CryptoException {
    try {
      X500Name name = new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, commonName).build();
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              name,
              new BigInteger(1, entropy.bytes(SERIAL_BYTES)),
              new Date(notBeforeMillis),
              new Date(notAfterMillis),
              name,
              new SubjectPublicKeyInfo(ALGORITHM, keys.publicKey()));
      builder.addExtension(KEM_KEY, false, new DEROctetString(kemPublicKey));
      PrivateKey privateKey =
          KeyFactory.getInstance(Signer.ML_DSA_65, provider)
              .generatePrivate(
                  new PKCS8EncodedKeySpec(
                      PrivateKeyInfoFactory.createPrivateKeyInfo(
                              new MLDSAPrivateKeyParameters(
                                  MLDSAParameters.ml_dsa_65, keys.privateKey()))
                          .getEncoded()));
      return builder
          .build(
              new JcaContentSignerBuilder(Signer.ML_DSA_65)
                  .setProvider(provider)
                  .setSecureRandom(new EntropyRandom(entropy))
                  .build(privateKey))
          .getEncoded();
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new CryptoException("the certificate could not be issued", e);
    }
  }

  @Override
  public DeviceCertificate parse(byte[] der) throws MalformedInputException {
    if (der.length > MAX_BYTES) {
      throw new MalformedInputException("a certificate of " + der.length + " bytes");
    }
    try {
      X509CertificateHolder holder = new X509CertificateHolder(der);
      Extension extension = holder.getExtension(KEM_KEY);
      if (extension == null) {
        throw new MalformedInputException("the certificate carries no KEM key");
      }
      byte[] kemKey = ASN1OctetString.getInstance(extension.getParsedValue()).getOctets();
      SubjectPublicKeyInfo key = holder.getSubjectPublicKeyInfo();
      if (!key.getAlgorithm().equals(ALGORITHM)) {
        throw new MalformedInputException("the certificate's key is not of " + Signer.ML_DSA_65);
      }
      byte[] publicKey = key.getPublicKeyData().getOctets();
      byte[] signed = holder.toASN1Structure().getTBSCertificate().getEncoded("DER");
      if (!signer.verify(publicKey, signed, holder.getSignature())) {
        throw new MalformedInputException("the certificate is not signed by its own key");
      }
      return new DeviceCertificate(der.clone(), publicKey, kemKey, commonName(holder));
    } catch (MalformedInputException e) {
      throw e;
    } catch (IOException | CryptoException | RuntimeException e) {
      throw new MalformedInputException("no device certificate: " + e.getMessage());
    }
  }

  private static String commonName(X509CertificateHolder holder) {
    RDN[] names = holder.getSubject().getRDNs(BCStyle.CN);
    String name = names.length == 0 ? "" : IETFUtils.valueToString(names[0].getFirst().getValue());
    return name.length() > MAX_NAME_CHARS ? name.substring(0, MAX_NAME_CHARS) : name;
  }
}
