package io.coterie.vault.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.DestroyableKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wrapping keys sealed by a TPM 2.0 to the state of its PCRs, by the programs of tpm2-tools. The
 * key goes to the programs by standard input and comes back by standard output, never in a file or
 * an argument. The sealing object hangs under a primary key of the owner hierarchy that the TPM
 * makes again each time.
 */
final class Tpm {
  private static final Logger LOG = LoggerFactory.getLogger(Tpm.class);

  /** No others: tpm2-tools can also load libraries and run programs named in such a text. */
  private static final Pattern TCTI =
      Pattern.compile("device:/dev/tpm(rm)?[0-9]{1,2}|swtpm:host=127\\.0\\.0\\.1,port=[0-9]{1,5}");

  private static final Pattern PCRS =
      Pattern.compile("sha(1|256|384):(([0-9]|1[0-9]|2[0-3])(,([0-9]|1[0-9]|2[0-3])){0,23})");
  private static final Pattern SAID =
      Pattern.compile("\\(0x[0-9A-Fa-f]+\\) - (.{1,120}?)( ERROR|$)");
  private static final int KEY_BYTES = 32;
  private static final int MAX_TEXT_BYTES = 200;
  private static final int MAX_BLOB_BYTES = 1024;
  private static final String PUBLIC = "sealed.pub";
  private static final String PRIVATE = "sealed.priv";
  private static final String PRIMARY = "primary.ctx";
  private static final String SEALED = "sealed.ctx";
  private static final String POLICY = "policy.bin";

  private final Path home;
  private final Entropy entropy;
  private final Tools tools;

  Tpm(Path home, Entropy entropy, Tools tools) {
    this.home = home;
    this.entropy = entropy;
    this.tools = tools;
  }

  /** A key sealed by the TPM. The parameters are what it takes to unseal it there. */
  record SealedKey(byte[] parameters, DestroyableKey key) {}

  private record Parameters(String tcti, String pcrs, byte[] publicBlob, byte[] privateBlob) {
    byte[] encode() {
      return new ByteWriter()
          .text(tcti)
          .text(pcrs)
          .bytes(publicBlob)
          .bytes(privateBlob)
          .toByteArray();
    }

    static Parameters decode(byte[] bytes) throws MalformedInputException {
      ByteReader in = new ByteReader(bytes);
      Parameters parameters =
          new Parameters(
              in.text(MAX_TEXT_BYTES),
              in.text(MAX_TEXT_BYTES),
              in.bytes(MAX_BLOB_BYTES),
              in.bytes(MAX_BLOB_BYTES));
      in.end();
      check(parameters.tcti(), parameters.pcrs());
      return parameters;
    }
  }

  static void check(String tcti, String pcrs) throws MalformedInputException {
    if (!TCTI.matcher(tcti).matches()) {
      throw new MalformedInputException("'" + tcti + "' is no TPM that can be used");
    }
    if (!PCRS.matcher(pcrs).matches()) {
      throw new MalformedInputException("'" + pcrs + "' is no list of PCRs");
    }
  }

  /** Makes a key and seals it to what the PCRs are now. */
  SealedKey seal(String tcti, String pcrs) throws MalformedInputException {
    check(tcti, pcrs);
    byte[] key = entropy.bytes(KEY_BYTES);
    Path work = workDirectory();
    try {
      primary(work, tcti);
      run(work, tcti, "createpolicy", "--policy-pcr", "-l", pcrs, "-L", POLICY, "-Q");
      List<String> create =
          List.of(
              "-C",
              PRIMARY,
              "-L",
              POLICY,
              "-i",
              "-",
              "-u",
              PUBLIC,
              "-r",
              PRIVATE,
              "-Q",
              "-a",
              "fixedtpm|fixedparent|noda");
      run(work, tcti, "create", create, key);
      Parameters parameters =
          new Parameters(
              tcti,
              pcrs,
              SafeFiles.readBounded(work.resolve(PUBLIC), MAX_BLOB_BYTES),
              SafeFiles.readBounded(work.resolve(PRIVATE), MAX_BLOB_BYTES));
      return new SealedKey(parameters.encode(), new DestroyableKey(key));
    } catch (IOException e) {
      throw refused(e);
    } finally {
      Arrays.fill(key, (byte) 0);
      clear(work, tcti);
    }
  }

  /** The key, if the PCRs are what they were. */
  DestroyableKey unseal(byte[] encoded) throws MalformedInputException {
    Parameters parameters = Parameters.decode(encoded);
    Path work = workDirectory();
    byte[] key = new byte[0];
    try {
      Files.write(work.resolve(PUBLIC), parameters.publicBlob());
      Files.write(work.resolve(PRIVATE), parameters.privateBlob());
      primary(work, parameters.tcti());
      run(
          work,
          parameters.tcti(),
          "load",
          "-C",
          PRIMARY,
          "-u",
          PUBLIC,
          "-r",
          PRIVATE,
          "-c",
          SEALED,
          "-Q");
      key = run(work, parameters.tcti(), "unseal", "-c", SEALED, "-p", "pcr:" + parameters.pcrs());
      if (key.length != KEY_BYTES) {
        throw new IOException("it gave " + key.length + " bytes");
      }
      return new DestroyableKey(key);
    } catch (IOException e) {
      throw refused(e);
    } finally {
      Arrays.fill(key, (byte) 0);
      clear(work, parameters.tcti());
    }
  }

  private static CoterieException refused(IOException e) {
    return CoterieException.of(
        "COT-0344",
        ExitCode.REFUSED,
        "the TPM does not give the key: " + brief(String.valueOf(e.getMessage())),
        "if firmware or boot settings changed on purpose: coterie vault unlock with the"
            + " passphrase, then coterie vault set tpm",
        e);
  }

  /** The programs say much; what the TPM itself said is behind its code. */
  private static String brief(String message) {
    Matcher said = SAID.matcher(message);
    return said.find() ? said.group(1).trim() : message;
  }

  private void primary(Path work, String tcti) throws IOException {
    run(work, tcti, "createprimary", "-C", "o", "-g", "sha256", "-G", "ecc", "-c", PRIMARY, "-Q");
  }

  private byte[] run(Path work, String tcti, String tool, String... arguments) throws IOException {
    return run(work, tcti, tool, List.of(arguments), new byte[0]);
  }

  /**
   * Each program is followed by a flush: a TPM without a resource manager keeps what was loaded
   * until it is told to let go, and has room for three. What the next one needs is in files.
   */
  private byte[] run(Path work, String tcti, String tool, List<String> arguments, byte[] input)
      throws IOException {
    byte[] output = tools.run(work, command(tool, tcti, arguments), input);
    flush(work, tcti);
    return output;
  }

  private void flush(Path work, String tcti) {
    try {
      tools.run(work, command("flushcontext", tcti, List.of("-t")), new byte[0]);
    } catch (IOException e) {
      LOG.debug("nothing was flushed: {}", e.getMessage());
    }
  }

  private static List<String> command(String tool, String tcti, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("tpm2_" + tool, "-T", tcti));
    command.addAll(arguments);
    return command;
  }

  private Path workDirectory() {
    try {
      Path run = home.resolve("run");
      SafeFiles.createPrivateDirectories(run);
      return Files.createTempDirectory(run, "tpm-");
    } catch (IOException e) {
      throw refused(e);
    }
  }

  private void clear(Path work, String tcti) {
    flush(work, tcti);
    try {
      SafeFiles.deleteTree(work);
    } catch (IOException e) {
      LOG.debug("{} stays; nothing in it is secret", work, e);
    }
  }

  /** What a slot says of itself, for people. */
  static String words(byte[] parameters) {
    try {
      Parameters p = Parameters.decode(parameters);
      return "TPM " + p.tcti() + ", PCRs " + p.pcrs();
    } catch (MalformedInputException e) {
      return "TPM, " + e.getMessage();
    }
  }
}
