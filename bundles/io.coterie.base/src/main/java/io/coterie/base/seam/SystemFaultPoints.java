package io.coterie.base.seam;

/**
 * Ends the process like kill -9 at the point that the system property {@code coterie.fault.halt}
 * names. Whoever can set it could end the process anyway.
 */
public final class SystemFaultPoints implements FaultPoints {
  private static final String PROPERTY = "coterie.fault.halt";
  private static final int KILLED = 137;

  private final String halt = System.getProperty(PROPERTY, "");

  @Override
  public void reach(String point) {
    if (point.equals(halt)) {
      Runtime.getRuntime().halt(KILLED);
    }
  }
}
