package io.coterie.vault.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.KeyVault;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.ops.api.Audit;
import io.coterie.ops.api.DeviceLock;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The vault in the container: opens it at the start if that works without the owner, and offers it
 * when it is open, so that whatever needs the device's keys begins then.
 */
@Component(
    service = {VaultService.class, DeviceLock.class, HealthCheck.class},
    immediate = true)
public final class VaultService implements DeviceLock, HealthCheck {
  private static final Logger LOG = LoggerFactory.getLogger(VaultService.class);
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;
  private final HotRef<Aead> aead = new HotRef<>(Aead.AES_256_GCM, WAIT_MILLIS);
  private final HotRef<PasswordHash> hash = new HotRef<>(PasswordHash.ARGON2ID, WAIT_MILLIS);
  private final Vault vault;
  private final BundleContext context;
  private final Audit audit;
  private final Thread opening;
  private ServiceRegistration<KeyVault> offer;
  private boolean stopped;
  private volatile CoterieException locked;

  /** Made by the container. */
  @Activate
  public VaultService(BundleContext context, @Reference Audit audit) {
    this.context = context;
    this.audit = audit;
    Threads threads = new SystemThreads();
    this.vault =
        new Vault(
            DeviceHome.ofThisProcess().root(),
            new SystemClock(),
            new SystemEntropy(),
            threads,
            aead,
            hash);
    this.opening = threads.start("vault-open", this::openAtStart);
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
    if (!aead.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0204 an AEAD left while calls were in flight");
    }
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
    if (!hash.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0204 a password hash left while calls were in flight");
    }
  }

  /** The vault itself. */
  public Vault vault() {
    return vault;
  }

  /** As long as no AEAD is there it tries again; then it is open, or waits for its owner. */
  private void openAtStart() {
    boolean missing = true;
    while (missing && !Thread.currentThread().isInterrupted()) {
      try {
        openAlone();
        missing = false;
      } catch (CoterieException e) {
        missing = e.code().equals(Vault.NO_SERVICE);
        LOG.warn("{}", e.getMessage());
      } catch (RuntimeException e) {
        missing = false;
        LOG.error("COT-0301 the keys could not be opened", e);
        locked = unreadable(e);
      }
    }
  }

  private static CoterieException unreadable(RuntimeException e) {
    return CoterieException.of(
        "COT-0301",
        ExitCode.FAILED,
        "the keys could not be opened: " + e,
        "coterie device logs; put back a copy of the identity file",
        e);
  }

  /** Tries without the owner; the reason is kept when that fails. */
  public void openAlone() {
    open(vault::openAlone);
  }

  /** Tries with a passphrase, which the caller wipes. */
  public void openWith(byte[] passphrase) {
    try {
      open(() -> vault.openWith(passphrase));
    } catch (CoterieException e) {
      audit.record("vault-refused", "passphrase", e.what());
      throw e;
    }
    audit.record("vault-opened", "passphrase", "the keys are open");
  }

  /** Changes how it opens. */
  public void protect(List<Protection> ways) {
    vault.protect(ways);
    audit.record("vault-changed", "keys", "locked with " + String.join(", or ", vault.ways()));
  }

  private synchronized void open(Runnable way) {
    try {
      way.run();
    } catch (CoterieException e) {
      if (e.code().equals(Vault.NO_SERVICE)) {
        throw e; // it is not locked, it is not tried yet
      }
      boolean wrongPassphrase = e.code().equals("COT-0341") || e.code().equals("COT-0342");
      if (locked == null || !wrongPassphrase) {
        locked = e; // a wrong passphrase does not change why it is locked
      }
      throw e;
    }
    locked = null;
    if (offer == null && !stopped) {
      offer = context.registerService(KeyVault.class, vault, null);
    }
  }

  @Override
  public Optional<CoterieException> reason() {
    return Optional.ofNullable(locked);
  }

  @Override
  public String area() {
    return "vault";
  }

  @Override
  public List<HealthFinding> check() {
    CoterieException reason = locked;
    if (reason != null) {
      return List.of(HealthFinding.critical(reason.what(), reason.next()));
    }
    if (!vault.open()) {
      return List.of(HealthFinding.critical("the keys are not open yet", "coterie vault unlock"));
    }
    if (vault.opensFromHomeAlone()) {
      return List.of(
          new HealthFinding(
              HealthFinding.Severity.GOOD,
              "keys are under a key file in the device's home: whoever copies the home has them",
              "coterie vault set passphrase, or tpm"));
    }
    return List.of(HealthFinding.good("keys are under " + String.join(", or ", vault.ways())));
  }

  @Deactivate
  synchronized void stop() {
    stopped = true;
    opening.interrupt();
    if (offer != null) {
      offer.unregister();
    }
  }
}
