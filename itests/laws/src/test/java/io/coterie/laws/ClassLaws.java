package io.coterie.laws;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the classes must obey. Pure: classes in, broken laws out. */
final class ClassLaws {
  /** Calls that only the seams may make, and where those are. */
  private static final Map<String, Set<String>> SEAM_ONLY =
      Map.of(
          "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
          "java.time.Instant", Set.of("now"),
          "java.time.LocalDateTime", Set.of("now"),
          "java.time.Clock", Set.of("systemUTC", "systemDefaultZone"),
          "java.lang.Thread", Set.of("<init>", "ofVirtual"),
          "java.util.Random", Set.of("<init>"),
          "java.security.SecureRandom", Set.of("<init>", "getInstanceStrong", "getInstance"),
          "java.util.concurrent.Executors", Set.of("*"),
          "java.util.concurrent.ThreadLocalRandom", Set.of("current"),
          "java.util.UUID", Set.of("randomUUID"));

  private static final String SEAMS = "io.coterie.base.seam";

  /** Runs outside a device, as a program of its own. */
  private static final String CLIENT = "io.coterie.control.internal.client";

  private static final int MAX_METHODS = 60;

  private ClassLaws() {}

  static List<String> check(JavaClasses classes) {
    List<String> broken = new ArrayList<>();
    for (JavaClass type : classes) {
      seams(type, broken);
      statics(type, broken);
      if (type.getMethods().size() > MAX_METHODS) {
        broken.add(type.getName() + " has " + type.getMethods().size() + " methods");
      }
    }
    return broken;
  }

  private static void seams(JavaClass type, List<String> broken) {
    if (type.getPackageName().equals(SEAMS) || type.getPackageName().equals(CLIENT)) {
      return;
    }
    for (JavaAccess<?> access : type.getAccessesFromSelf()) {
      AccessTarget target = access.getTarget();
      Set<String> forbidden = SEAM_ONLY.get(target.getOwner().getName());
      if (forbidden != null && (forbidden.contains("*") || forbidden.contains(target.getName()))) {
        broken.add(
            type.getName()
                + " uses "
                + target.getOwner().getName()
                + "."
                + target.getName()
                + " instead of a seam");
      }
    }
  }

  /** No static state that changes. */
  private static void statics(JavaClass type, List<String> broken) {
    type.getFields().stream()
        .filter(
            f ->
                f.getModifiers().contains(com.tngtech.archunit.core.domain.JavaModifier.STATIC)
                    && !f.getModifiers()
                        .contains(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
                    && !f.getName().startsWith("$"))
        .forEach(f -> broken.add(f.getFullName() + " is static and can change"));
  }
}
