package io.coterie.identity.internal.pairing;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.Signing;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.Member;
import io.coterie.identity.internal.roster.RosterFile;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.PairingChannel;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The joining side of a pairing. Thread-safe. Protocol: docs/formats/roster.md. */
@Component(service = PairingGuest.class)
public final class PairingGuest {
  private static final long CONNECT_MILLIS = 10_000;
  private static final long MESSAGE_MILLIS = 15_000;
  private static final long DECISION_MILLIS = 6 * 60_000L;

  private final RosterKeeper keeper;
  private final Signing signing;
  private final LocalIdentity identity;
  private final MeshService mesh;
  private final Clock clock;
  private final Entropy entropy;
  private final Words words = new Words();

  @Activate
  public PairingGuest(
      @Reference RosterKeeper keeper,
      @Reference Signing signing,
      @Reference LocalIdentity identity,
      @Reference MeshService mesh) {
    this(keeper, signing, identity, mesh, new SystemClock(), new SystemEntropy());
  }

  public PairingGuest(
      RosterKeeper keeper,
      Signing signing,
      LocalIdentity identity,
      MeshService mesh,
      Clock clock,
      Entropy entropy) {
    this.keeper = keeper;
    this.signing = signing;
    this.identity = identity;
    this.mesh = mesh;
    this.clock = clock;
    this.entropy = entropy;
  }

  /** The name of this device in the coterie, and the coterie's. */
  public record Joined(String name, String coterie) {}

  /**
   * Joins the coterie of a token.
   *
   * @param name by which this device wants to be known
   * @param shown takes the words as soon as they are known
   */
  public Joined join(Token token, String name, Consumer<String> shown) {
    if (keeper.joined()) {
      throw CoterieException.of(
          "COT-0312",
          ExitCode.REFUSED,
          "this device belongs to a coterie already",
          "coterie roster show");
    }
    if (token.expiresSeconds() * 1000
        < clock.wallMillis() - PairingHost.MAX_CLOCK_DIFFERENCE_MILLIS) {
      throw CoterieException.of(
          "COT-0321",
          ExitCode.REFUSED,
          "the token ended "
              + (clock.wallMillis() / 1000 - token.expiresSeconds()) / 60
              + " min ago by this device's clock",
          "coterie invite (on the other device); compare the clocks if it is fresh");
    }
    try (PairingChannel channel = knock(token)) {
      return talk(token, name, shown, channel);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0325",
          ExitCode.FAILED,
          "the pairing did not succeed: " + e.getMessage(),
          "coterie join, with a new token if this one was used",
          e);
    } catch (CryptoException e) {
      throw CoterieException.of(
          "COT-0311", ExitCode.FAILED, "this device could not sign", "coterie status", e);
    }
  }

  private PairingChannel knock(Token token) throws IOException {
    IOException last = new IOException("the token carries no address");
    for (String address : token.addresses()) {
      try {
        return mesh.pair(address, token.inviteId(), token.secret(), CONNECT_MILLIS);
      } catch (IOException | CoterieException e) {
        last = new IOException(e.getMessage(), e);
      }
    }
    throw last;
  }

  private Joined talk(Token token, String name, Consumer<String> shown, PairingChannel channel)
      throws IOException, CryptoException {
    DeviceCard card = DeviceCard.of(name, identity);
    byte[] nonce = entropy.bytes(Proofs.NONCE_BYTES);
    byte[] commitment = Proofs.commitment(nonce);
    channel.send(
        new Messages.Join(
                clock.wallMillis(),
                card,
                Reachable.addresses(mesh.listenAddress()),
                commitment,
                Proofs.guest(token.secret(), channel.exporter(), card.encode(), commitment))
            .encode());
    Messages.Offer offer =
        Messages.Offer.decode(channel.receive(Messages.MAX_SMALL_BYTES, MESSAGE_MILLIS));
    byte[] expected =
        Proofs.host(token.secret(), channel.exporter(), token.coterie(), offer.nonce());
    if (!offer.coterie().equals(token.coterie())
        || !MessageDigest.isEqual(expected, offer.proof())) {
      throw wrong("whoever answered does not know the secret: it is not the inviting device");
    }
    channel.send(nonce);
    shown.accept(
        words.of(
            Proofs.words(
                channel.exporter(), nonce, offer.nonce(), card.encode(), token.coterie())));
    Messages.Welcome welcome =
        Messages.Welcome.decode(channel.receive(PairingChannel.MAX_MESSAGE_BYTES, DECISION_MILLIS));
    return accept(token, channel, RosterFile.decode(welcome.roster()));
  }

  /** The roster must begin with the token's first entry, and name both ends of this connection. */
  private Joined accept(Token token, PairingChannel channel, List<Entry> entries)
      throws IOException {
    if (entries.isEmpty() || !entries.get(0).hash().equals(token.coterie())) {
      throw wrong("the roster is not of the coterie that the token names");
    }
    RosterKeeper.Trial trial = keeper.trial(entries);
    Member inviter = trial.state().members().get(token.inviter());
    if (inviter == null || !signing.verifySession(inviter.keys(), inviter.id(), channel.shown())) {
      throw wrong("whoever answered is not the inviting device of the roster");
    }
    Member self = trial.state().members().get(identity.id());
    if (self == null) {
      throw wrong("this device is not in the roster that it was given");
    }
    keeper.accept(trial);
    keeper.heardOf(token.inviter(), token.addresses());
    channel.send(new byte[] {1});
    return new Joined(self.name(), trial.state().genesis().name());
  }

  private static CoterieException wrong(String what) {
    return CoterieException.of(
        "COT-0322",
        ExitCode.REFUSED,
        what,
        "nothing was changed; ask for a new token over a way that nobody else can read");
  }
}
