package io.coterie.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Public known-answer vectors, kept outside the project. */
public final class Vectors {
  private Vectors() {}

  /** Reads a file of JSON, gzipped or not; the test is skipped when it is absent. */
  public static JsonNode read(String name) throws IOException {
    String root = System.getenv("COTERIE_VECTORS");
    Path folder =
        root != null
            ? Path.of(root)
            : Path.of(System.getProperty("coterie.root", ".."), "..", "shared", "vectors");
    Path file = folder.resolve(name);
    assumeTrue(Files.exists(file), "vectors are absent: " + name);
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = name.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      return new ObjectMapper().readTree(in);
    }
  }
}
