package dev.inproc.inference.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct memory of one session, kept by powers of two and given out cut to size. It is used only
 * when bindings are opened and closed, never during a run, so one lock is enough.
 */
final class BufferPool {
  private static final int CLASSES = 32;
  private static final int SMALLEST = 6; // 64 bytes: a cache line, and the widest vector register

  private final List<ArrayDeque<DirectMemory>> idle = new ArrayList<>();
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

  /** Lends this many bytes or a few more; not zeroed. */
  synchronized DirectMemory lend(int bytes) {
    int sizeClass = sizeClass(bytes);
    DirectMemory memory = idle.get(sizeClass).pollFirst();
    if (memory == null) {
      // The largest class exceeds an int, so its buffers have exactly the bytes asked for.
      memory = DirectMemory.allocate(sizeClass >= 31 ? bytes : 1 << sizeClass);
    } else {
      idleBytes -= memory.capacity();
    }
    lentBytes += memory.capacity();
    return memory;
  }

  synchronized void giveBack(DirectMemory memory) {
    lentBytes -= memory.capacity();
    int sizeClass = sizeClass(memory.capacity());
    if (closed || sizeClass >= 31 || idleBytes + memory.capacity() > maxIdleBytes) {
      memory.free();
    } else {
      idleBytes += memory.capacity();
      idle.get(sizeClass).addFirst(memory);
    }
  }

  synchronized void close() {
    closed = true;
    for (ArrayDeque<DirectMemory> alike : idle) {
      alike.forEach(DirectMemory::free);
      alike.clear();
    }
    idleBytes = 0;
  }

  /** Bytes held, lent or idle. */
  synchronized long bytes() {
    return idleBytes + lentBytes;
  }

  static ByteBuffer cut(DirectMemory memory, int bytes) {
    return memory.buffer().slice(0, bytes).order(ByteOrder.nativeOrder());
  }

  private static int sizeClass(int bytes) {
    return Math.max(SMALLEST, 32 - Integer.numberOfLeadingZeros(Math.max(1, bytes) - 1));
  }
}
