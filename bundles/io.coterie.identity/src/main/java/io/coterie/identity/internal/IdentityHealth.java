package io.coterie.identity.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the device knows who it is. */
@Component
public final class IdentityHealth implements HealthCheck {
  private final LocalIdentity identity;

  @Activate
  public IdentityHealth(@Reference LocalIdentity identity) {
    this.identity = identity;
  }

  @Override
  public String area() {
    return "identity";
  }

  @Override
  public List<HealthFinding> check() {
    try {
      return List.of(
          HealthFinding.good(
              "device "
                  + identity.id().shortForm()
                  + ", keys in a file with mode 0600, not under a passphrase"));
    } catch (CoterieException e) {
      return List.of(HealthFinding.critical(e.what(), e.next()));
    }
  }
}
