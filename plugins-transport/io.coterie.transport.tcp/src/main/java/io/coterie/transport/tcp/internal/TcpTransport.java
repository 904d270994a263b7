package io.coterie.transport.tcp.internal;

import io.coterie.transport.api.Acceptor;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.Listener;
import io.coterie.transport.api.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** TCP by Netty's NIO event loops. */
@Component(service = Transport.class, property = Transport.ID + "=" + TcpTransport.TCP)
public final class TcpTransport implements Transport {
  static final String TCP = "tcp";
  private static final int THREADS = 2;
  private static final int LOW_WATER_BYTES = 128 * 1024;
  private static final int HIGH_WATER_BYTES = 256 * 1024;
  private static final int MAX_READ_BYTES = 256 * 1024;
  private static final int BACKLOG = 64;
  private static final long QUIET_MILLIS = 0;
  private static final long SHUTDOWN_MILLIS = 5_000;

  private final EventLoopGroup group;

  @Activate
  public TcpTransport() {
    group =
        new MultiThreadIoEventLoopGroup(
            THREADS, new DefaultThreadFactory("coterie-tcp", true), NioIoHandler.newFactory());
  }

  @Override
  public String id() {
    return TCP;
  }

  /** Large reads when much comes: each one wakes whoever waits for the bytes. */
  private static RecvByteBufAllocator reads() {
    return new AdaptiveRecvByteBufAllocator(64, 4096, MAX_READ_BYTES);
  }

  @Override
  public Listener listen(Address address, Acceptor acceptor) throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES))
            .childOption(ChannelOption.RCVBUF_ALLOCATOR, reads())
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    acceptor.accepted(TcpConnection.on(channel));
                  }
                });
    ChannelFuture bound =
        bootstrap
            .bind(new InetSocketAddress(address.host(), address.port()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(address + ": " + bound.cause().getMessage(), bound.cause());
    }
    int port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
    return new TcpListener(bound.channel(), new Address(TCP, address.host(), port));
  }

  @Override
  public Connection connect(Address address, long timeoutMillis) throws IOException {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeoutMillis, 60_000))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES))
            .option(ChannelOption.RCVBUF_ALLOCATOR, reads())
            .option(ChannelOption.AUTO_READ, false)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    TcpConnection.on(channel);
                  }
                });
    ChannelFuture connected =
        bootstrap
            .connect(new InetSocketAddress(address.host(), address.port()))
            .awaitUninterruptibly();
    if (!connected.isSuccess()) {
      throw new IOException(address + ": " + connected.cause().getMessage(), connected.cause());
    }
    return connected.channel().pipeline().get(TcpConnection.class);
  }

  @Deactivate
  void close() throws InterruptedException {
    group
        .shutdownGracefully(QUIET_MILLIS, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS)
        .await(SHUTDOWN_MILLIS);
  }

  private record TcpListener(Channel channel, Address address) implements Listener {
    @Override
    public void close() {
      channel.close().awaitUninterruptibly();
    }
  }
}
