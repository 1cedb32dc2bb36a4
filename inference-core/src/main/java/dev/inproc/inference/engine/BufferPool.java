package dev.inproc.inference.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct buffers of one session, kept by powers of two and given out cut to size. It works only
 * when frames come and go, never for a run, so one lock will do.
 */
final class BufferPool {
  private static final int CLASSES = 32;
  private static final int SMALLEST = 6; // 64 bytes: a cache line, and the widest vector register

  private final List<ArrayDeque<ByteBuffer>> idle = new ArrayList<>();
  private final long maxIdleBytes;
  private long idleBytes;
  private long lentBytes;
  private boolean closed;

  BufferPool(long maxIdleBytes) {
    this.maxIdleBytes = maxIdleBytes;
    for (int i = 0; i < CLASSES; i++) {
      idle.add(new ArrayDeque<>());
    }
  }

  /** Lends a buffer of this capacity or a little more; not zeroed. */
  synchronized ByteBuffer lend(int bytes) {
    int sizeClass = sizeClass(bytes);
    ByteBuffer buffer = idle.get(sizeClass).pollFirst();
    if (buffer == null) {
      // The top class would not fit an int: there a buffer has just the bytes asked for.
      buffer = ByteBuffer.allocateDirect(sizeClass >= 31 ? bytes : 1 << sizeClass);
    } else {
      idleBytes -= buffer.capacity();
    }
    lentBytes += buffer.capacity();
    return buffer;
  }

  synchronized void giveBack(ByteBuffer buffer) {
    lentBytes -= buffer.capacity();
    int sizeClass = sizeClass(buffer.capacity());
    if (closed || sizeClass >= 31 || idleBytes + buffer.capacity() > maxIdleBytes) {
      DirectMemory.free(buffer);
    } else {
      idleBytes += buffer.capacity();
      idle.get(sizeClass).addFirst(buffer);
    }
  }

  synchronized void close() {
    closed = true;
    for (ArrayDeque<ByteBuffer> buffers : idle) {
      buffers.forEach(DirectMemory::free);
      buffers.clear();
    }
    idleBytes = 0;
  }

  /** Bytes held, lent or idle. */
  synchronized long bytes() {
    return idleBytes + lentBytes;
  }

  static ByteBuffer cut(ByteBuffer buffer, int bytes) {
    return buffer.slice(0, bytes).order(ByteOrder.nativeOrder());
  }

  private static int sizeClass(int bytes) {
    return Math.max(SMALLEST, 32 - Integer.numberOfLeadingZeros(Math.max(1, bytes) - 1));
  }
}
