package io.coterie.vault.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.hot.HotRef;
import io.coterie.base.prompt.PassphraseInput;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.KeyVault;
import io.coterie.crypto.api.PasswordHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the device's private keys on disk under a vault key, and the vault key under whatever the
 * owner chose: a key file, a passphrase, a TPM. Locked until one of them gave the vault key.
 * Thread-safe.
 */
public final class Vault implements KeyVault {
  private static final Logger LOG = LoggerFactory.getLogger(Vault.class);

  /** What a missing service is called. */
  static final String NO_SERVICE = "COT-0002";

  private static final String FILE = "identity";

  private final Path file;
  private final Entropy entropy;
  private final Wrapping wrapping;
  private final KeyFiles keyFiles;
  private final Passphrases passphrases;
  private final Tpm tpm;
  private final Attempts attempts;
  private VaultFile stored;
  private DestroyableKey key;

  /**
   * A vault of one home; it is locked.
   *
   * @param aead AES-256-GCM
   */
  public Vault(
      Path home,
      Clock clock,
      Entropy entropy,
      Threads threads,
      HotRef<Aead> aead,
      HotRef<PasswordHash> hash) {
    this.file = home.resolve(FILE);
    this.entropy = entropy;
    this.wrapping = new Wrapping(aead, entropy);
    this.keyFiles = new KeyFiles(home, entropy);
    this.passphrases = new Passphrases(hash, entropy);
    this.tpm = new Tpm(home, entropy, new Tools(threads));
    this.attempts = new Attempts(clock);
  }

  public synchronized boolean open() {
    return key != null;
  }

  // ---- opening

  /**
   * Opens it without the owner, if a key file or a TPM gives the key. A device without an identity
   * file begins with a key file.
   *
   * @throws CoterieException COT-0340 when it needs the owner, COT-0343 or COT-0344 when what it
   *     needs fails, COT-0301 when the file is damaged
   */
  public synchronized void openAlone() {
    if (open()) {
      return;
    }
    if (Files.notExists(file)) {
      key = DestroyableKey.consume(entropy.bytes(Aead.KEY_BYTES));
      return;
    }
    VaultFile read = read();
    CoterieException last = null;
    for (Slot slot : read.slots()) {
      if (slot.method() == Slot.Method.PASSPHRASE) {
        continue;
      }
      try (DestroyableKey wrappingKey = withoutOwner(slot)) {
        accept(read, wrapping.unwrap(slot, wrappingKey));
        return;
      } catch (CoterieException e) {
        if (e.code().equals(NO_SERVICE)) {
          throw e; // nothing was tried yet
        }
        last = e;
      } catch (AuthenticationFailedException e) {
        last = damaged("its key was wrapped by another " + slot.method().words(), e);
      } catch (MalformedInputException e) {
        last = damaged(e.getMessage(), e);
      }
    }
    throw hasPassphrase(read) ? needsPassphrase(last) : last;
  }

  private static boolean hasPassphrase(VaultFile read) {
    return read.slots().stream().anyMatch(s -> s.method() == Slot.Method.PASSPHRASE);
  }

  private static CoterieException needsPassphrase(CoterieException otherwise) {
    return CoterieException.of(
        "COT-0340",
        ExitCode.REFUSED,
        "the keys of this device are locked"
            + (otherwise == null ? "" : " (" + otherwise.what() + ")"),
        "coterie vault unlock");
  }

  private DestroyableKey withoutOwner(Slot slot) throws MalformedInputException {
    return slot.method() == Slot.Method.TPM
        ? tpm.unseal(slot.parameters())
        : keyFiles.read(slot.parameters());
  }

  /**
   * Opens it with a passphrase.
   *
   * @param passphrase UTF-8; the caller wipes it
   * @throws CoterieException COT-0341 when it is wrong, COT-0342 when it is too early
   */
  public synchronized void openWith(byte[] passphrase) {
    if (open()) {
      return;
    }
    VaultFile read = read();
    if (!hasPassphrase(read)) {
      throw CoterieException.of(
          "COT-0341", ExitCode.REFUSED, "this vault has no passphrase", "coterie vault show");
    }
    attempts.require();
    for (Slot slot : read.slots()) {
      if (slot.method() == Slot.Method.PASSPHRASE) {
        try (DestroyableKey wrappingKey = passphrases.key(slot.parameters(), passphrase)) {
          accept(read, wrapping.unwrap(slot, wrappingKey));
          attempts.succeeded();
          return;
        } catch (AuthenticationFailedException e) {
          // another slot may have it
        } catch (MalformedInputException | CryptoException e) {
          throw damaged(e.getMessage(), e);
        }
      }
    }
    attempts.failed();
    throw CoterieException.of(
        "COT-0341", ExitCode.REFUSED, "the passphrase is wrong", "coterie vault unlock");
  }

  private VaultFile read() {
    try {
      return VaultFile.decode(SafeFiles.readBounded(file, VaultFile.MAX_FILE_BYTES));
    } catch (IOException e) {
      throw damaged(e.getMessage(), e);
    }
  }

  private CoterieException damaged(String why, Throwable cause) {
    return CoterieException.of(
        "COT-0301",
        ExitCode.FAILED,
        "the identity file " + file + " cannot be read: " + why,
        "put back a copy of it; a device without it is another device",
        cause);
  }

  /** The vault key is right only if it opens what is sealed. */
  private void accept(VaultFile read, DestroyableKey candidate) {
    Arrays.fill(openSealed(read, candidate), (byte) 0);
    stored = read;
    key = candidate;
    keyFiles.sweep(namedKeyFiles(read.slots()));
  }

  private byte[] openSealed(VaultFile read, DestroyableKey candidate) {
    byte[] secrets = new byte[read.sealed().length - Aead.TAG_BYTES];
    try {
      wrapping.open(candidate, read.nonce(), read.associatedData(), read.sealed(), secrets);
      return secrets;
    } catch (AuthenticationFailedException e) {
      throw damaged("it was altered", e);
    }
  }

  private Set<Path> namedKeyFiles(List<Slot> slots) {
    return slots.stream()
        .filter(s -> s.method() == Slot.Method.KEY_FILE)
        .map(s -> keyFiles.path(s.parameters()))
        .collect(Collectors.toSet());
  }

  // ---- what it holds

  private void requireOpen() {
    if (!open()) {
      throw needsPassphrase(null);
    }
  }

  @Override
  public synchronized Optional<Content> load() {
    requireOpen();
    return stored == null
        ? Optional.empty()
        : Optional.of(new Content(stored.publicPart(), openSealed(stored, key)));
  }

  @Override
  public synchronized void store(Content content) throws IOException {
    requireOpen();
    if (stored == null) {
      byte[] parameter = keyFiles.fresh();
      try (DestroyableKey wrappingKey = keyFiles.make(parameter)) {
        Slot slot = wrapping.wrap(Slot.Method.KEY_FILE, parameter, wrappingKey, key);
        write(content, List.of(slot), key);
      }
    } else {
      write(content, stored.slots(), key);
    }
  }

  private void write(Content content, List<Slot> slots, DestroyableKey under) throws IOException {
    byte[] nonce = entropy.bytes(Aead.NONCE_BYTES);
    byte[] sealed = new byte[content.secrets().length + Aead.TAG_BYTES];
    VaultFile bare = new VaultFile(content.publicPart(), slots, nonce, sealed);
    wrapping.seal(under, nonce, bare.associatedData(), content.secrets(), sealed);
    requireUntouched();
    byte[] bytes = bare.encode();
    try {
      SafeFiles.replace(file, bytes);
    } catch (IOException e) {
      // What the disk has counts, also when it could not be forced there.
      if (Files.notExists(file) || !Arrays.equals(bytes, Files.readAllBytes(file))) {
        throw e;
      }
      LOG.warn("COT-0350 the identity file was not forced to the disk: {}", e.getMessage());
    }
    stored = bare;
  }

  /** Somebody else's vault, for instance that of another version, must not be written over. */
  private void requireUntouched() throws IOException {
    boolean same =
        stored == null
            ? Files.notExists(file)
            : Files.exists(file) && Arrays.equals(stored.encode(), Files.readAllBytes(file));
    if (!same) {
      throw new IOException(
          file + " was changed by something else since it was read; restart the device");
    }
  }

  // ---- how it opens

  /**
   * Wraps a new vault key in these ways, and no other way opens it any more. Each way is tried
   * before the file is replaced; when one fails, nothing has changed.
   */
  public synchronized void protect(List<Protection> ways) {
    Content content = load().orElseThrow(() -> new IllegalStateException("there is no identity"));
    List<Slot> slots = new ArrayList<>();
    DestroyableKey fresh = DestroyableKey.consume(entropy.bytes(Aead.KEY_BYTES));
    boolean writing = false;
    boolean done = false;
    try {
      for (Protection way : ways) {
        slots.add(wrap(way, fresh));
      }
      List<Slot> before = stored.slots();
      writing = true;
      write(content, List.copyOf(slots), fresh);
      done = true;
      key.destroy();
      key = fresh;
      discard(before);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0336",
          ExitCode.FAILED,
          "the identity could not be stored: " + e.getMessage(),
          "coterie status; nothing was changed",
          e);
    } finally {
      Arrays.fill(content.secrets(), (byte) 0);
      if (!done) {
        fresh.destroy();
      }
      if (!writing) {
        discard(slots); // later it is not known which file is on the disk: the next start sweeps
      }
    }
  }

  private void discard(List<Slot> slots) {
    slots.stream()
        .filter(s -> s.method() == Slot.Method.KEY_FILE)
        .forEach(s -> keyFiles.discard(s.parameters()));
  }

  private Slot wrap(Protection way, DestroyableKey vaultKey) {
    try {
      if (way instanceof Protection.KeyFile wanted) {
        byte[] parameter = wanted.file() == null ? keyFiles.fresh() : keyFiles.at(wanted.file());
        keyFiles.make(parameter).destroy();
        try (DestroyableKey key = keyFiles.read(parameter)) {
          return wrapAndTry(Slot.Method.KEY_FILE, parameter, key, vaultKey);
        }
      }
      if (way instanceof Protection.Passphrase wanted) {
        PassphraseInput.requireStrong(wanted.secret());
        byte[] parameters = passphrases.fresh();
        try (DestroyableKey key = passphrases.key(parameters, wanted.secret())) {
          return wrapAndTry(Slot.Method.PASSPHRASE, parameters, key, vaultKey);
        }
      }
      Protection.TpmState wanted = (Protection.TpmState) way;
      Tpm.SealedKey sealed = tpm.seal(wanted.tcti(), wanted.pcrs());
      sealed.key().destroy();
      try (DestroyableKey key = tpm.unseal(sealed.parameters())) {
        return wrapAndTry(Slot.Method.TPM, sealed.parameters(), key, vaultKey);
      }
    } catch (MalformedInputException e) {
      throw CoterieException.of(
          "COT-0345", ExitCode.USAGE, e.getMessage(), "coterie vault set --help", e);
    } catch (CryptoException e) {
      throw new IllegalStateException("fresh parameters are good", e);
    }
  }

  private Slot wrapAndTry(
      Slot.Method method, byte[] parameters, DestroyableKey under, DestroyableKey vaultKey)
      throws AuthenticationFailedException {
    Slot slot = wrapping.wrap(method, parameters, under, vaultKey);
    wrapping.unwrap(slot, under).destroy();
    return slot;
  }

  /** The ways by which it opens, for people; empty before there is an identity. */
  public synchronized List<String> ways() {
    if (stored == null && Files.notExists(file)) {
      return List.of();
    }
    return (stored == null ? read() : stored).slots().stream().map(this::words).toList();
  }

  private String words(Slot slot) {
    return switch (slot.method()) {
      case PASSPHRASE -> "passphrase";
      case TPM -> Tpm.words(slot.parameters());
      case KEY_FILE -> "key file " + keyFiles.path(slot.parameters());
    };
  }

  /** Whether whoever copies the home has all it takes to open it. */
  public synchronized boolean opensFromHomeAlone() {
    return stored != null
        && stored.slots().stream()
            .anyMatch(s -> s.method() == Slot.Method.KEY_FILE && keyFiles.inHome(s.parameters()));
  }
}
