package io.coterie.mesh.internal;

import com.sun.management.OperatingSystemMXBean;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import io.coterie.mesh.internal.tls.HandshakeBench;
import io.coterie.testkit.MemoryIdentity;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/**
 * One stream between two processes on loopback: plain TCP through the transport, and links by both
 * suites, alternating. Both ends' processor time is counted.
 */
public final class LinkBench {
  private static final int CHUNK_BYTES = 64 * 1024;
  private static final long WAIT_MILLIS = 20_000;
  private static final double MIB = 1024.0 * 1024;

  private LinkBench() {}

  /** {@code server} in the child; {@code ROUNDS MILLIS HANDSHAKES} in the parent. */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("server")) {
      serve();
    } else {
      new Client(Integer.parseInt(args[0]), Long.parseLong(args[1]), Integer.parseInt(args[2]))
          .run();
      System.exit(0);
    }
  }

  private static void serve() throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    MemoryIdentity self = BenchDevice.identity("server", 2);
    MemoryIdentity peer = BenchDevice.identity("client", 1);
    Path home = Files.createTempDirectory("lb");
    BenchDevice device = new BenchDevice(self, BenchDevice.peer(peer), home);
    device.mesh.offer("sink", LinkBench::sink);
    device.mesh.offer("echo", LinkBench::echo);
    String link = device.mesh.listen("tcp://127.0.0.1:0");
    String plain =
        device
            .tcp
            .listen(new Address("tcp", "127.0.0.1", 0), c -> c.start(new PlainSink(c)))
            .address()
            .toString();
    System.out.println(link + " " + plain);
    System.out.flush();
    while (in.readLine() != null) {
      // until the parent is gone
    }
    Files.deleteIfExists(home.resolve("listen"));
    Files.deleteIfExists(home);
    System.exit(0);
  }

  /** Takes everything and answers with how much it was. */
  private static void sink(Stream stream) throws IOException {
    byte[] buffer = new byte[CHUNK_BYTES];
    long total = 0;
    for (int n = stream.read(buffer, 0, buffer.length, WAIT_MILLIS);
        n >= 0;
        n = stream.read(buffer, 0, buffer.length, WAIT_MILLIS)) {
      total += n;
    }
    byte[] answer = ByteBuffer.allocate(8).putLong(total).array();
    stream.write(answer, 0, answer.length, WAIT_MILLIS);
    stream.finish();
    stream.awaitPeerEnd(WAIT_MILLIS);
  }

  private static void echo(Stream stream) throws IOException {
    byte[] buffer = new byte[4096];
    for (int n = stream.read(buffer, 0, buffer.length, WAIT_MILLIS);
        n >= 0;
        n = stream.read(buffer, 0, buffer.length, WAIT_MILLIS)) {
      stream.write(buffer, 0, n, WAIT_MILLIS);
    }
    stream.finish();
  }

  /** Counts; a last byte of 1 asks for the total. */
  private static final class PlainSink implements ConnectionHandler {
    private final Connection connection;
    private long total;

    PlainSink(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void onData(ByteBuffer data) {
      total += data.remaining();
      boolean last = data.get(data.limit() - 1) == 1;
      data.position(data.limit());
      if (last) {
        connection.write(ByteBuffer.allocate(8).putLong(total).flip());
        connection.flush();
      }
    }

    @Override
    public void onWritable() {}

    @Override
    public void onClosed(Throwable reason) {}
  }

  /** The sending side. */
  private static final class Client {
    private final int rounds;
    private final long millis;
    private final int handshakes;
    private Process child;
    private BenchDevice device;
    private DeviceId server;
    private Address plainAddress;

    Client(int rounds, long millis, int handshakes) {
      this.rounds = rounds;
      this.millis = millis;
      this.handshakes = handshakes;
    }

    private record Figure(double mibPerSecond, double cpuSecondsPerGib) {}

    void run() throws Exception {
      start();
      try {
        Figure warm = plain(2_000);
        link(Suite.STANDARD, 4_000);
        link(Suite.MAX, 4_000);
        System.out.printf(Locale.ROOT, "warm-up: plain %.0f MiB/s%n", warm.mibPerSecond());
        List<Double> aes = new ArrayList<>();
        List<Double> chacha = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        List<Double> chachaCpu = new ArrayList<>();
        List<Double> aesOpenSsl = new ArrayList<>();
        List<Double> chachaOpenSsl = new ArrayList<>();
        List<Double> rpc = new ArrayList<>();
        RpcUnderLoad underLoad = new RpcUnderLoad(device.mesh, server);
        try (OpenSslPipe openSsl = new OpenSslPipe()) {
          for (int i = 1; i <= rounds; i++) {
            Figure p = plain(millis);
            Figure a = link(Suite.STANDARD, millis);
            double oa = openSsl.mibPerSecond("TLS_AES_256_GCM_SHA384", millis);
            double r = underLoad.p99Millis(millis);
            Figure c = link(Suite.MAX, millis);
            double oc = openSsl.mibPerSecond("TLS_CHACHA20_POLY1305_SHA256", millis);
            System.out.printf(
                Locale.ROOT,
                "round %d: plain %.0f MiB/s %.2f s/GiB, standard %.0f MiB/s %.2f s/GiB, max %.0f MiB/s"
                    + " %.2f s/GiB, openssl aes %.0f chacha %.0f MiB/s, rpc p99 %.2f ms%n",
                i,
                p.mibPerSecond(),
                p.cpuSecondsPerGib(),
                a.mibPerSecond(),
                a.cpuSecondsPerGib(),
                c.mibPerSecond(),
                c.cpuSecondsPerGib(),
                oa,
                oc,
                r);
            aes.add(a.mibPerSecond() / p.mibPerSecond());
            chacha.add(c.mibPerSecond() / p.mibPerSecond());
            aesOpenSsl.add(a.mibPerSecond() / oa);
            chachaOpenSsl.add(c.mibPerSecond() / oc);
            cpu.add(a.cpuSecondsPerGib());
            chachaCpu.add(c.cpuSecondsPerGib());
            rpc.add(r);
          }
        }
        HandshakeBench.Result standard = handshake(Suite.STANDARD);
        HandshakeBench.Result max = handshake(Suite.MAX);
        System.out.printf(
            Locale.ROOT,
            "bench link: aesgcm_vs_tcp=%.2f chacha_vs_tcp=%.2f aesgcm_vs_openssl=%.2f"
                + " chacha_vs_openssl=%.2f aesgcm_cpu_s_per_gib=%.2f chacha_cpu_s_per_gib=%.2f"
                + " rpc_p99_ms=%.2f handshake_cpu_ms=%.2f handshake_bytes=%d"
                + " max_handshake_cpu_ms=%.2f max_handshake_bytes=%d new_link_cpu_ms=%.2f%n",
            median(aes),
            median(chacha),
            median(aesOpenSsl),
            median(chachaOpenSsl),
            median(cpu),
            median(chachaCpu),
            median(rpc),
            standard.cpuMillis(),
            standard.bytes(),
            max.cpuMillis(),
            max.bytes(),
            newLinkCpuMillis());
      } finally {
        child.getOutputStream().close();
        child.waitFor();
      }
    }

    private void start() throws Exception {
      MemoryIdentity client = BenchDevice.identity("client", 1);
      MemoryIdentity other = BenchDevice.identity("server", 2);
      List<String> line = new ArrayList<>();
      line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      line.addAll(
          List.of(
              "-cp", System.getProperty("java.class.path"), LinkBench.class.getName(), "server"));
      child = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String[] addresses = child.inputReader().readLine().split(" ");
      plainAddress = Address.parse(addresses[1]);
      server = other.id();
      device =
          new BenchDevice(
              client, BenchDevice.peer(other, addresses[0]), Files.createTempDirectory("lb"));
    }

    private Figure link(Suite suite, long forMillis) throws IOException {
      device.mesh.changeSuite(server, suite, WAIT_MILLIS);
      byte[] chunk = new byte[CHUNK_BYTES];
      byte[] answer = new byte[8];
      try (Stream stream = device.mesh.open(server, "sink", StreamClass.BULK, WAIT_MILLIS)) {
        long cpu = cpuNanos();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < forMillis * 1_000_000) {
          stream.write(chunk, 0, chunk.length, WAIT_MILLIS);
        }
        stream.finish();
        for (int n = 0; n < 8; ) {
          n += stream.read(answer, n, 8 - n, WAIT_MILLIS);
        }
        return figure(
            ByteBuffer.wrap(answer).getLong(), System.nanoTime() - begin, cpuNanos() - cpu);
      }
    }

    private Figure plain(long forMillis) throws Exception {
      Connection connection = device.tcp.connect(plainAddress, WAIT_MILLIS);
      CountDownLatch done = new CountDownLatch(1);
      ByteBuffer answer = ByteBuffer.allocate(8);
      PlainSource source = new PlainSource(connection, forMillis, answer, done);
      long cpu = cpuNanos();
      long begin = System.nanoTime();
      connection.start(source);
      connection.eventThread().execute(source::onWritable);
      done.await();
      long elapsed = System.nanoTime() - begin;
      long used = cpuNanos() - cpu;
      connection.close();
      return figure(answer.flip().getLong(), elapsed, used);
    }

    /** Writes while the transport takes it; the last byte is 1. */
    private static final class PlainSource implements ConnectionHandler {
      private final Connection connection;
      private final long endNanos;
      private final ByteBuffer answer;
      private final CountDownLatch done;
      private boolean ended;

      PlainSource(Connection connection, long millis, ByteBuffer answer, CountDownLatch done) {
        this.connection = connection;
        this.endNanos = System.nanoTime() + millis * 1_000_000;
        this.answer = answer;
        this.done = done;
      }

      @Override
      public void onData(ByteBuffer data) {
        answer.put(data);
        if (!answer.hasRemaining()) {
          done.countDown();
        }
      }

      @Override
      public void onWritable() {
        for (int round = 0; round < 32 && !ended; round++) {
          if (!connection.isWritable()) {
            connection.flush();
            if (!connection.isWritable()) {
              return;
            }
          }
          if (System.nanoTime() > endNanos) {
            ended = true;
            connection.write(ByteBuffer.wrap(new byte[] {1}));
          } else {
            connection.write(ByteBuffer.wrap(new byte[16 * 1024]));
          }
        }
        connection.flush();
        if (!ended) {
          connection.eventThread().execute(this::onWritable);
        }
      }

      @Override
      public void onClosed(Throwable reason) {}
    }

    private HandshakeBench.Result handshake(Suite suite) throws IOException {
      MemoryIdentity client = BenchDevice.identity("client", 1);
      MemoryIdentity other = BenchDevice.identity("server", 2);
      Peer[] both = {BenchDevice.peer(client), BenchDevice.peer(other)};
      return new HandshakeBench(client, other, BenchDevice.crypto(), both).run(suite, handshakes);
    }

    /** The processor time of both processes for a link that is made anew, with all around it. */
    private double newLinkCpuMillis() throws Exception {
      for (int i = 0; i < handshakes; i++) {
        newLink();
      }
      long cpu = cpuNanos();
      for (int i = 0; i < handshakes; i++) {
        newLink();
      }
      return (cpuNanos() - cpu) / 1e6 / handshakes;
    }

    private void newLink() throws Exception {
      device.mesh.removed(server); // ends the link
      device.mesh.changeSuite(server, Suite.STANDARD, WAIT_MILLIS);
      settle();
    }

    private void settle() throws InterruptedException {
      while (!device.mesh.settled()) {
        Thread.sleep(1);
      }
      Thread.sleep(5); // the other end closes the old connection too
    }

    private Figure figure(long bytes, long nanos, long cpuNanos) {
      double gib = bytes / (1024 * MIB);
      return new Figure(bytes / MIB / (nanos / 1e9), cpuNanos / 1e9 / gib);
    }

    private long cpuNanos() throws IOException {
      long own =
          ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
              .getProcessCpuTime();
      String stat = Files.readString(Path.of("/proc", String.valueOf(child.pid()), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      return own + ticks * 10_000_000;
    }

    private static double median(List<Double> values) {
      Collections.sort(values);
      return values.get(values.size() / 2);
    }
  }
}
