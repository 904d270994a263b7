package io.coterie.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassLawsTest {
  /** A class that breaks the laws, to show that they bite. */
  static final class Lawless {
    static int changing;

    long now() {
      changing++;
      new Thread(() -> {}).start();
      new java.security.SecureRandom();
      return System.currentTimeMillis() + System.nanoTime();
    }
  }

  @Test
  void theClassesObeyTheLaws() throws Exception {
    List<Path> folders = Modules.all().stream().map(Modules.Module::classes).toList();
    JavaClasses classes = new ClassFileImporter().importPaths(folders);
    assertTrue(classes.size() > 100, "only " + classes.size() + " classes were found");
    assertEquals(List.of(), ClassLaws.check(classes));
  }

  @Test
  void aBrokenLawIsReported() {
    String broken =
        String.join("\n", ClassLaws.check(new ClassFileImporter().importClasses(Lawless.class)));
    for (String expected :
        List.of(
            "System.currentTimeMillis",
            "System.nanoTime",
            "Thread.<init>",
            "SecureRandom.<init>",
            "changing is static")) {
      assertTrue(broken.contains(expected), expected + " is not in: " + broken);
    }
  }
}
