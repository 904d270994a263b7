package io.coterie.volume.nbd.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client from its greeting to its end. */
final class NbdSession {
  private static final Logger LOG = LoggerFactory.getLogger(NbdSession.class);

  private final Duplex client;
  private final HotRef<VolumeService> volumes;
  private final long startedMillis;
  private volatile boolean negotiated;

  NbdSession(Duplex client, HotRef<VolumeService> volumes, long startedMillis) {
    this.client = client;
    this.volumes = volumes;
    this.startedMillis = startedMillis;
  }

  void run() {
    InputBuffer in = new InputBuffer(client);
    ReplyBuffer out = new ReplyBuffer(client);
    try {
      Negotiation.Agreed agreed =
          new Negotiation(in, out, export -> volumes.call(v -> v.open(export, client::close)))
              .run();
      if (agreed == null) {
        return;
      }
      negotiated = true;
      try (Access access = agreed.access()) {
        LOG.info("COT-0600 a client uses volume {}", access.volume());
        new Transmission(in, out, agreed).run();
      }
    } catch (IOException e) {
      LOG.info("COT-0601 a block device client ended: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("COT-0602 a block device client failed unexpectedly", e);
    } finally {
      client.close();
    }
  }

  void close() {
    client.close();
  }

  /** Ends a client that does not come to an agreement. */
  void closeIfIdleSince(long nowMillis, long limitMillis) {
    if (!negotiated && nowMillis - startedMillis > limitMillis) {
      LOG.info("COT-0603 a block device client did not finish its handshake in {} ms", limitMillis);
      client.close();
    }
  }
}
