package io.coterie.identity.internal;

import io.coterie.base.codec.Sha256;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KeyReport;
import io.coterie.crypto.api.KeyReports;
import io.coterie.crypto.api.Signer;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.LocalIdentity;
import java.util.HexFormat;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The identity keys of this device that are in use. Those of the day and of the vault are not told.
 */
@Component
public final class IdentityKeyReports implements KeyReports {
  private final LocalIdentity identity;

  @Activate
  public IdentityKeyReports(@Reference LocalIdentity identity) {
    this.identity = identity;
  }

  @Override
  public List<KeyReport> keys() {
    DeviceKeys keys = identity.keys();
    return List.of(
        report(keys, "signs, classical half", Signer.ED25519, keys.ed25519()),
        report(keys, "signs, post-quantum half", Signer.ML_DSA_87, keys.mlDsa87()),
        report(keys, "opens what is sealed to this device", Kem.X25519_MLKEM1024, keys.kem()));
  }

  private KeyReport report(DeviceKeys keys, String use, String algorithm, byte[] publicKey) {
    String fingerprint = HexFormat.of().formatHex(Sha256.of(publicKey));
    return new KeyReport(
        KeyReport.name("device", identity.name(), fingerprint),
        use,
        algorithm,
        fingerprint,
        "generation " + keys.generation());
  }
}
