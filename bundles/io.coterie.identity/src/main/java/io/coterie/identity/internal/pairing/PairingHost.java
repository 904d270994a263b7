package io.coterie.identity.internal.pairing;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Names;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.Signing;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.identity.internal.roster.Member;
import io.coterie.identity.internal.roster.RosterFile;
import io.coterie.identity.internal.roster.RosterState;
import io.coterie.identity.internal.roster.RosterTree;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.api.PairingDoor;
import io.coterie.mesh.api.PairingRequest;
import io.coterie.mesh.api.Role;
import io.coterie.mesh.api.UserVerification;
import io.coterie.ops.api.Audit;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The inviting side of a pairing. Thread-safe. Protocol: docs/formats/roster.md. */
@Component(service = {PairingDoor.class, PairingHost.class})
public final class PairingHost implements PairingDoor {
  /** Clocks that differ by more are mended first: sessions live for a day. */
  static final long MAX_CLOCK_DIFFERENCE_MILLIS = 30 * 60_000L;

  private static final Logger LOG = LoggerFactory.getLogger(PairingHost.class);
  private static final long MESSAGE_MILLIS = 15_000;
  private static final long DECISION_MILLIS = 5 * 60_000L;

  private final RosterKeeper keeper;
  private final Signing signing;
  private final LocalIdentity identity;
  private final UserVerification verification;
  private final Audit audit;
  private final Clock clock;
  private final Entropy entropy;
  private final Invites invites;
  private final Words words = new Words();

  @Activate
  public PairingHost(
      @Reference RosterKeeper keeper,
      @Reference Signing signing,
      @Reference LocalIdentity identity,
      @Reference(
              cardinality = ReferenceCardinality.MANDATORY,
              policyOption = ReferencePolicyOption.GREEDY)
          UserVerification verification,
      @Reference Audit audit) {
    this(keeper, signing, identity, verification, audit, new SystemClock(), new SystemEntropy());
  }

  public PairingHost(
      RosterKeeper keeper,
      Signing signing,
      LocalIdentity identity,
      UserVerification verification,
      Audit audit,
      Clock clock,
      Entropy entropy) {
    this.keeper = keeper;
    this.signing = signing;
    this.identity = identity;
    this.verification = verification;
    this.audit = audit;
    this.clock = clock;
    this.entropy = entropy;
    this.invites = new Invites(clock, entropy);
  }

  /**
   * Opens an invitation.
   *
   * @param confirmed true when knowing the secret is enough
   * @param addresses where the guest finds this device
   */
  public Token invite(
      Set<Role> roles, boolean confirmed, long validMillis, List<String> addresses) {
    requireAdmin();
    Invites.Invite invite = invites.open(roles, confirmed, validMillis);
    return new Token(
        invite.id(),
        invite.secret(),
        keeper.look(RosterTree::genesisHash),
        identity.id(),
        (clock.wallMillis() + validMillis) / 1000,
        addresses);
  }

  /** Refuses when this device may not invite. */
  public void requireAdmin() {
    keeper.state(); // belongs to a coterie
    if (!keeper.roles(identity.id()).contains(Role.ADMIN)) {
      throw CoterieException.of(
          "COT-0327",
          ExitCode.REFUSED,
          "only an admin of the coterie invites devices, and this one is none",
          "coterie roster show");
    }
  }

  /** Waits for the end of an invitation and says what came of it. */
  public String await(Token token) throws InterruptedException {
    Invites.Invite invite = invites.await(HexFormat.of().formatHex(token.inviteId()));
    if (invite == null || invite.state() == Invites.State.OPEN) {
      throw CoterieException.of(
          "COT-0321",
          ExitCode.TIMED_OUT,
          "nobody came before the invitation ended",
          "coterie invite");
    }
    if (invite.state() != Invites.State.JOINED) {
      throw CoterieException.of("COT-0324", ExitCode.REFUSED, invite.outcome(), "coterie invite");
    }
    return invite.outcome();
  }

  @Override
  public Optional<byte[]> secret(byte[] inviteId) {
    return invites.open(inviteId).map(Invites.Invite::secret);
  }

  @Override
  public void opened(byte[] inviteId, PairingChannel channel) {
    Invites.Invite invite = invites.open(inviteId).orElse(null);
    try (channel) {
      if (invite == null || !invites.take(invite)) {
        channel.send(Messages.refusal(used()));
        return;
      }
      try {
        String name = letIn(invite, channel);
        invites.end(invite, Invites.State.JOINED, name);
      } catch (CoterieException e) {
        LOG.info("a pairing was refused: {}", e.getMessage());
        audit.record("pairing-refused", channel.remote(), e.code() + " " + e.what());
        invites.end(invite, Invites.State.FAILED, e.what());
        channel.send(Messages.refusal(e));
      } catch (IOException e) {
        invites.end(invite, Invites.State.FAILED, "the connection failed: " + e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        invites.end(invite, Invites.State.FAILED, "this device stops");
      }
    } catch (IOException e) {
      LOG.info("a pairing ended: {}", e.getMessage());
    }
  }

  private static CoterieException used() {
    return CoterieException.of(
        "COT-0321",
        ExitCode.REFUSED,
        "the invitation is used up, has ended, or was made before a restart of the device",
        "coterie invite (on the other device)");
  }

  private String letIn(Invites.Invite invite, PairingChannel channel)
      throws IOException, InterruptedException {
    Messages.Join join =
        Messages.Join.decode(channel.receive(Messages.MAX_SMALL_BYTES, MESSAGE_MILLIS));
    check(invite, channel, join);
    RosterState state = keeper.state();
    Hash coterie = keeper.look(RosterTree::genesisHash);
    byte[] nonce = entropy.bytes(Proofs.NONCE_BYTES);
    channel.send(
        new Messages.Offer(
                coterie, nonce, Proofs.host(invite.secret(), channel.exporter(), coterie, nonce))
            .encode());
    byte[] guestNonce = channel.receive(Proofs.NONCE_BYTES, MESSAGE_MILLIS);
    if (!Arrays.equals(Proofs.commitment(guestNonce), join.commitment())) {
      throw wrong("the guest changed its mind about its nonce");
    }
    DeviceId id = DeviceId.of(join.card().keys());
    Member known = state.members().get(id);
    String name = known == null ? free(state, join.card().name()) : known.name();
    String shown =
        words.of(
            Proofs.words(channel.exporter(), guestNonce, nonce, join.card().encode(), coterie));
    PairingRequest request = new PairingRequest(invite.key(), name, id, shown, channel.remote());
    if (!invite.confirmed() && !verification.confirm(request, DECISION_MILLIS)) {
      throw CoterieException.of(
          "COT-0324",
          ExitCode.REFUSED,
          "the words were not confirmed at " + identity.name(),
          "compare them with whoever sits there, and begin again with a new token");
    }
    // A guest that lost its connection at the end is a member already and comes again.
    boolean counts =
        known != null
            || keeper.append(keeper.draft(new Change.Add(name, join.card(), invite.roles())));
    if (!counts) {
      throw CoterieException.of(
          "COT-0329",
          ExitCode.REFUSED,
          "another admin must approve the new device before it is a member",
          "coterie roster approve (on another admin's device), then join with a new token");
    }
    keeper.heardOf(id, join.addresses());
    byte[] roster = RosterFile.encode(keeper.look(RosterTree::entries));
    channel.send(new Messages.Welcome(List.of(), roster).encode());
    try {
      channel.receive(1, MESSAGE_MILLIS); // the guest has it on its disk
    } catch (IOException e) {
      LOG.warn("the new device {} did not say that it has the roster", name);
    }
    return name;
  }

  private void check(Invites.Invite invite, PairingChannel channel, Messages.Join join)
      throws MalformedInputException {
    byte[] expected =
        Proofs.guest(invite.secret(), channel.exporter(), join.card().encode(), join.commitment());
    if (!MessageDigest.isEqual(expected, join.proof())) {
      throw wrong("the proof of the secret is wrong: somebody stands between the two devices");
    }
    DeviceCard card = join.card();
    DeviceId id = DeviceId.of(card.keys());
    boolean hers =
        signing.verifyHybrid(
                card.keys().ed25519(),
                card.keys().mlDsa87(),
                DeviceCard.PURPOSE,
                card.statement(),
                card.signature())
            && signing.verifySession(card.keys(), id, channel.shown());
    if (!hers) {
      throw wrong("the device does not hold the keys of its card");
    }
    checkClock(join.wallMillis() - clock.wallMillis());
  }

  static void checkClock(long differenceMillis) {
    if (Math.abs(differenceMillis) > MAX_CLOCK_DIFFERENCE_MILLIS) {
      throw CoterieException.of(
          "COT-0323",
          ExitCode.REFUSED,
          "the clocks of the two devices differ by " + Math.abs(differenceMillis) / 60_000 + " min",
          "set the clock of the one that is wrong (timedatectl), then join with a new token");
    }
  }

  private static CoterieException wrong(String what) {
    return CoterieException.of(
        "COT-0322",
        ExitCode.REFUSED,
        what,
        "coterie invite: make a new token and hand it over safely");
  }

  /** The name that the guest wants, or the next that is free. */
  private static String free(RosterState state, String wanted) {
    String base = Names.valid(wanted) ? wanted : "device";
    String name = base;
    for (int i = 2; taken(state, name); i++) {
      name = base.length() > 36 ? base.substring(0, 36) + i : base + i;
    }
    return name;
  }

  private static boolean taken(RosterState state, String name) {
    return state.members().values().stream().anyMatch(m -> m.name().equals(name));
  }
}
