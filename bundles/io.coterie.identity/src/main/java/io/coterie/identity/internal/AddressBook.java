package io.coterie.identity.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.file.SafeFiles;
import io.coterie.mesh.api.DeviceId;
import io.coterie.transport.api.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where devices were last reached or said that they listen. A hint and nothing more: who answers
 * there must prove who it is. Format: docs/formats/roster.md. Thread-safe.
 */
final class AddressBook {
  static final int MAX_ADDRESSES = 8;
  private static final Logger LOG = LoggerFactory.getLogger(AddressBook.class);
  private static final int VERSION = 1;
  private static final int MAX_DEVICES = 256;
  private static final int MAX_TEXT_BYTES = 300;
  private static final int MAX_FILE_BYTES = 1 << 20;

  private final Path file;
  private final Map<DeviceId, List<String>> addresses = new LinkedHashMap<>();

  AddressBook(Path file) {
    this.file = file;
    if (Files.exists(file)) {
      try {
        read(SafeFiles.readBounded(file, MAX_FILE_BYTES));
      } catch (IOException e) {
        LOG.error("COT-0303 the address book {} is damaged and begun anew: {}", file, e.toString());
        addresses.clear();
      }
    }
  }

  private void read(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    int version = in.u8();
    int count = in.u16();
    if (version != VERSION || count > MAX_DEVICES) {
      throw new MalformedInputException("version " + version + ", " + count + " devices");
    }
    for (int i = 0; i < count; i++) {
      DeviceId id = DeviceId.of(in.raw(DeviceId.LENGTH_BYTES));
      addresses.put(id, readList(in));
    }
    in.end();
  }

  static List<String> readList(ByteReader in) throws MalformedInputException {
    int count = in.u8();
    if (count > MAX_ADDRESSES) {
      throw new MalformedInputException(count + " addresses");
    }
    List<String> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(in.text(MAX_TEXT_BYTES));
    }
    return list;
  }

  static void writeList(ByteWriter out, List<String> list) {
    out.u8(list.size());
    list.forEach(out::text);
  }

  synchronized List<String> of(DeviceId id) {
    return addresses.getOrDefault(id, List.of());
  }

  /** Remembers where a device says that it listens; what is no address is left out. */
  synchronized void put(DeviceId id, List<String> said) {
    List<String> good = new ArrayList<>();
    for (String text : said) {
      try {
        good.add(Address.parse(text).toString());
      } catch (CoterieException e) {
        LOG.debug("device {} named a bad address", id.shortForm());
      }
    }
    boolean full = !addresses.containsKey(id) && addresses.size() >= MAX_DEVICES;
    if (good.isEmpty() || full || good.equals(addresses.get(id))) {
      return;
    }
    addresses.put(id, List.copyOf(good.subList(0, Math.min(good.size(), MAX_ADDRESSES))));
    store();
  }

  private void store() {
    ByteWriter out = new ByteWriter().u8(VERSION).u16(addresses.size());
    addresses.forEach(
        (id, list) -> {
          out.raw(id.toByteArray());
          writeList(out, list);
        });
    try {
      SafeFiles.replace(file, out.toByteArray());
    } catch (IOException e) {
      LOG.warn("COT-0308 the address book could not be stored: {}", e.getMessage());
    }
  }
}
