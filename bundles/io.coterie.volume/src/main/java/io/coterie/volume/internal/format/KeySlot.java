package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.PasswordHash;
import java.util.ArrayList;
import java.util.List;

/** The way of one recipient to a volume's wrapping key. */
public sealed interface KeySlot {
  int MAX_BYTES = 8192;

  /** Of one header. */
  int MAX_SLOTS = 64;

  int DEVICE = 1;
  int PASSPHRASE = 2;

  int type();

  byte[] body();

  /** One whose wrapping key is in a box that anybody can seal to it. */
  sealed interface Recipient extends KeySlot {
    /** X25519 with ML-KEM-1024. */
    byte[] publicKey();

    /** The wrapping key, sealed to the public key. */
    byte[] box();

    Recipient withBox(byte[] box);
  }

  /**
   * A device.
   *
   * @param deviceId 32 bytes
   */
  record DeviceSlot(byte[] deviceId, byte[] publicKey, byte[] box) implements Recipient {
    private static final int ID_BYTES = 32;

    @Override
    public int type() {
      return DEVICE;
    }

    @Override
    public byte[] body() {
      return new ByteWriter().raw(deviceId).bytes(publicKey).bytes(box).toByteArray();
    }

    @Override
    public DeviceSlot withBox(byte[] other) {
      return new DeviceSlot(deviceId, publicKey, other);
    }

    private static DeviceSlot decode(ByteReader in) throws MalformedInputException {
      DeviceSlot slot = new DeviceSlot(in.raw(ID_BYTES), in.bytes(MAX_BYTES), in.bytes(MAX_BYTES));
      in.end();
      return slot;
    }
  }

  /**
   * Whoever knows a passphrase. Its private key lies here, sealed under a key of the passphrase, so
   * that the box can be made anew without the passphrase.
   *
   * @param name tells it from others
   * @param salt of the hash, 16 bytes, used once
   * @param check tells a wrong passphrase, 32 bytes
   * @param sealedPrivateKey with its tag
   */
  record PassphraseSlot(
      String name,
      byte[] salt,
      PasswordHash.Cost cost,
      byte[] check,
      byte[] publicKey,
      byte[] sealedPrivateKey,
      byte[] box)
      implements Recipient {
    public static final int SALT_BYTES = 16;
    public static final int CHECK_BYTES = 32;
    private static final int MAX_NAME_BYTES = 40;

    @Override
    public int type() {
      return PASSPHRASE;
    }

    @Override
    public byte[] body() {
      return new ByteWriter()
          .raw(context())
          .raw(check)
          .bytes(sealedPrivateKey)
          .bytes(box)
          .toByteArray();
    }

    /** What the private key is bound to besides its key. */
    public byte[] context() {
      return new ByteWriter()
          .text(name)
          .raw(salt)
          .u32(cost.passes())
          .u32(cost.memoryKib())
          .u32(cost.lanes())
          .bytes(publicKey)
          .toByteArray();
    }

    @Override
    public PassphraseSlot withBox(byte[] other) {
      return new PassphraseSlot(name, salt, cost, check, publicKey, sealedPrivateKey, other);
    }

    private static PassphraseSlot decode(ByteReader in) throws MalformedInputException {
      String name = in.text(MAX_NAME_BYTES);
      byte[] salt = in.raw(SALT_BYTES);
      PasswordHash.Cost cost =
          new PasswordHash.Cost((int) in.u32(), (int) in.u32(), (int) in.u32());
      if (!cost.allowed()) {
        throw new MalformedInputException("a key slot with the cost " + cost);
      }
      byte[] publicKey = in.bytes(MAX_BYTES);
      PassphraseSlot slot =
          new PassphraseSlot(
              name,
              salt,
              cost,
              in.raw(CHECK_BYTES),
              publicKey,
              in.bytes(MAX_BYTES),
              in.bytes(MAX_BYTES));
      in.end();
      return slot;
    }

    @Override
    public String toString() {
      return "PassphraseSlot[" + name + "]";
    }
  }

  /** Of a kind that this version does not know; it is kept as it is. */
  record OtherSlot(int type, byte[] body) implements KeySlot {}

  /** Writes the slots of a header. */
  static void encodeAll(List<KeySlot> slots, ByteWriter out) {
    out.u8(slots.size());
    slots.forEach(slot -> out.u8(slot.type()).bytes(slot.body()));
  }

  /** Reads what {@link #encodeAll} wrote: 1 to {@link #MAX_SLOTS}. */
  static List<KeySlot> decodeAll(ByteReader in) throws MalformedInputException {
    int count = in.u8();
    if (count < 1 || count > MAX_SLOTS) {
      throw new MalformedInputException(count + " key slots");
    }
    List<KeySlot> slots = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slots.add(decode(in.u8(), in.bytes(MAX_BYTES)));
    }
    return slots;
  }

  /** Reads the body of a slot. */
  static KeySlot decode(int type, byte[] body) throws MalformedInputException {
    return switch (type) {
      case DEVICE -> DeviceSlot.decode(new ByteReader(body));
      case PASSPHRASE -> PassphraseSlot.decode(new ByteReader(body));
      default -> new OtherSlot(type, body);
    };
  }
}
