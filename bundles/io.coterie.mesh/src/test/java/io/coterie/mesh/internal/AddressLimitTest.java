package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.testkit.ManualClock;
import org.junit.jupiter.api.Test;

class AddressLimitTest {
  private final ManualClock clock = new ManualClock(1_000_000);
  private final AddressLimit limit = new AddressLimit(clock);

  private void refuse(String remote, int times) {
    for (int i = 0; i < times; i++) {
      limit.refused(remote);
    }
  }

  @Test
  void whoMakesTroubleIsShutOutForAWhileAndNobodyElse() {
    refuse("10.0.0.1:4000", AddressLimit.BUCKET - 1);
    assertTrue(limit.admits("10.0.0.1:4001"));
    refuse("10.0.0.1:4002", 1);
    assertFalse(limit.admits("10.0.0.1:4003"), "ports do not matter");
    assertTrue(limit.admits("10.0.0.2:4000"));
    clock.advance(AddressLimit.FORGET_MILLIS);
    assertTrue(limit.admits("10.0.0.1:4000"));
    refuse("10.0.0.1:4000", 1000);
    clock.advance(AddressLimit.FORGET_MILLIS);
    assertTrue(limit.admits("10.0.0.1:4000"), "the bucket holds no more than it holds");
  }

  @Test
  void aHomeNetworkOfIpv6IsOneAddress() {
    String key = AddressLimit.key("2001:db8:1:2:3:4:5:6:7400");
    assertEquals(key, AddressLimit.key("[2001:db8:1:2:ffff::1]:7400"));
    assertEquals(key, AddressLimit.key("[2001:db8:1:2:ffff::1%eth0]:7400"));
    assertNotEquals(key, AddressLimit.key("[2001:db8:1:3::1]:7400"));
    assertEquals("10.0.0.1", AddressLimit.key("10.0.0.1:1"));
    assertEquals("noise", AddressLimit.key("noise"));
    assertEquals("null", AddressLimit.key("null"));
  }

  @Test
  void manyAddressesTakeBoundedRoom() {
    for (int i = 0; i < 100_000; i++) {
      limit.refused(i + ":1");
    }
    assertTrue(limit.admits("5:1"));
  }
}
