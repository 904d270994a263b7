package io.coterie.control.internal;

import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import javax.security.auth.Subject;
import org.apache.karaf.jaas.boot.principal.RolePrincipal;
import org.apache.karaf.jaas.boot.principal.UserPrincipal;

/** Runs code as the device's owner, with every role of the container. */
final class LocalOwner {
  private static final String[] ROLES = {"admin", "manager", "viewer", "systembundles"};

  private LocalOwner() {}

  static <T> T call(PrivilegedExceptionAction<T> body) throws Exception {
    Subject subject = new Subject();
    subject.getPrincipals().add(new UserPrincipal("owner"));
    for (String role : ROLES) {
      subject.getPrincipals().add(new RolePrincipal(role));
    }
    try {
      return Subject.doAs(subject, body);
    } catch (PrivilegedActionException e) {
      throw e.getException();
    }
  }
}
