package io.coterie.transport.tcp.internal;

import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One TCP connection. */
final class TcpConnection extends ChannelInboundHandlerAdapter implements Connection {
  private static final Logger LOG = LoggerFactory.getLogger(TcpConnection.class);

  private static final long LINGER_MILLIS = 5_000;

  private final Channel channel;
  private ConnectionHandler handler;
  private boolean ended;

  private TcpConnection(Channel channel) {
    this.channel = channel;
  }

  static TcpConnection on(Channel channel) {
    TcpConnection connection = new TcpConnection(channel);
    channel.pipeline().addLast(connection);
    return connection;
  }

  @Override
  public void start(ConnectionHandler newHandler) {
    channel
        .eventLoop()
        .execute(
            () -> {
              handler = newHandler;
              if (channel.isOpen()) {
                channel.config().setAutoRead(true);
              } else {
                end(null);
              }
            });
  }

  @Override
  public void write(ByteBuffer data) {
    ByteBuf copy = channel.alloc().directBuffer(data.remaining());
    channel.write(copy.writeBytes(data), channel.voidPromise());
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void setReading(boolean reading) {
    // In order with the start and with each other, whoever calls.
    if (channel.eventLoop().inEventLoop()) {
      channel.config().setAutoRead(reading);
    } else {
      channel.eventLoop().execute(() -> channel.config().setAutoRead(reading));
    }
  }

  @Override
  public Executor eventThread() {
    return channel.eventLoop();
  }

  @Override
  public String transport() {
    return TcpTransport.TCP;
  }

  @Override
  public String remote() {
    return String.valueOf(channel.remoteAddress()).replaceFirst("^.*/", "");
  }

  @Override
  public void close() {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    // A peer that reads nothing must not keep the connection and what is queued for it.
    channel.eventLoop().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (handler != null) {
        for (ByteBuffer part : bytes.nioBuffers()) {
          handler.onData(part);
        }
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (handler != null && channel.isWritable()) {
      handler.onWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(null);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("connection to {} failed", remote(), cause);
    end(cause);
    channel.close();
  }

  private void end(Throwable reason) {
    if (!ended && handler != null) {
      ended = true;
      handler.onClosed(reason);
    }
  }
}
