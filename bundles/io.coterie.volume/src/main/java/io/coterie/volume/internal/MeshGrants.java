package io.coterie.volume.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.StreamHandler;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.GrantService;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Grants of local volumes directly and of remote ones by RPC, and the answering side of that RPC.
 */
@Component(
    service = {GrantService.class, RpcHandler.class},
    property = StreamHandler.SERVICE + "=" + MeshGrants.SERVICE)
public final class MeshGrants implements GrantService, RpcHandler {
  static final String SERVICE = "volume-grant";
  private static final Logger LOG = LoggerFactory.getLogger(MeshGrants.class);
  private static final int VERSION = 1;
  private static final int ISSUE = 1;
  private static final int ACTIVATE = 2;
  private static final int REVOKE = 3;
  private static final int TAKE_BACK = 4;
  private static final int MAX_TEXT_BYTES = 256;
  private static final long CALL_MILLIS = 15_000;
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final VolumeService volumes;
  private final LocalIdentity identity;
  private final HotRef<MeshService> mesh = new HotRef<>("mesh", WAIT_MILLIS);

  @Activate
  public MeshGrants(@Reference VolumeService volumes, @Reference LocalIdentity identity) {
    this.volumes = volumes;
    this.identity = identity;
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindMesh(MeshService service) {
    mesh.bind(service);
  }

  void unbindMesh(MeshService service) {
    if (!mesh.unbind(service, DRAIN_MILLIS)) {
      LOG.warn("COT-0522 the mesh left while a grant was being asked for");
    }
  }

  @Override
  public Grant issueSuccessor(DeviceId home, String export, String holder) throws IOException {
    return ask(home, ISSUE, export, holder);
  }

  @Override
  public Grant activate(DeviceId home, String export) throws IOException {
    return ask(home, ACTIVATE, export, "");
  }

  @Override
  public Grant takeBack(DeviceId home, String export, String from) throws IOException {
    return ask(home, TAKE_BACK, export, from);
  }

  @Override
  public void revoke(DeviceId home, String export) throws IOException {
    ask(home, REVOKE, export, "");
  }

  private Grant ask(DeviceId home, int act, String export, String holder) throws IOException {
    if (identity.is(home)) {
      return perform(act, export, holder);
    }
    byte[] request = new ByteWriter().u8(VERSION).u8(act).text(export).text(holder).toByteArray();
    return decode(mesh.call(m -> m.call(home, SERVICE, request, CALL_MILLIS)));
  }

  private Grant perform(int act, String export, String holder) throws IOException {
    switch (act) {
      case ISSUE -> {
        // The proof: the name is that of a living grant, and one that may write.
        try (Access proof = volumes.open(export, () -> {})) {
          if (proof.readOnly()) {
            throw CoterieException.of(
                "COT-0508", ExitCode.REFUSED, "a read-only grant never writes", "volume open");
          }
        }
        return volumes.issue(export.substring(0, export.indexOf('.')), holder);
      }
      case ACTIVATE -> {
        return volumes.activate(export);
      }
      case TAKE_BACK -> {
        return volumes.takeBack(export, holder);
      }
      case REVOKE -> {
        volumes.revoke(export);
        return null;
      }
      default -> throw new MalformedInputException("grant request " + act + " is unknown");
    }
  }

  @Override
  public byte[] answer(DeviceId peer, byte[] request) throws IOException {
    ByteReader in = new ByteReader(request);
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("grant protocol version " + version + " is unknown");
    }
    int act = in.u8();
    String export = in.text(MAX_TEXT_BYTES);
    String holder = in.text(MAX_TEXT_BYTES);
    in.end();
    LOG.info("device {} asks for act {} on a grant", peer.shortForm(), act);
    return encode(perform(act, export, holder));
  }

  private static byte[] encode(Grant grant) {
    if (grant == null) {
      return new ByteWriter().u8(0).toByteArray();
    }
    return new ByteWriter()
        .u8(1)
        .text(grant.volume())
        .text(grant.export())
        .text(grant.holder())
        .u8(grant.state().ordinal())
        .u64(grant.writeEpoch())
        .toByteArray();
  }

  private static Grant decode(byte[] answer) throws MalformedInputException {
    ByteReader in = new ByteReader(answer);
    if (in.u8() == 0) {
      return null;
    }
    String volume = in.text(MAX_TEXT_BYTES);
    String export = in.text(MAX_TEXT_BYTES);
    String holder = in.text(MAX_TEXT_BYTES);
    int state = in.u8();
    if (state >= Grant.State.values().length) {
      throw new MalformedInputException("grant state " + state);
    }
    return new Grant(volume, export, holder, Grant.State.values()[state], in.u64());
  }
}
