package dev.inproc.inference.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The memory that a pool lends to one binding. One user at a time. */
final class BindingMemory {
  // A guess at an engine's own objects beside the buffers; it bounds the number of tiny bindings.
  private static final int NATIVE_OVERHEAD = 4096;
  private static final int FILL_CHUNK = 4096;

  // The first buffers are separate; small ones after them share chunks.
  private static final int SEPARATE = 8;
  private static final int SMALL = 1 << 9;
  private static final int CHUNK = 1 << 13;
  private static final int ALIGNMENT = 64; // a cache line, and the widest vector register

  private final BufferPool pool;
  private final List<DirectMemory> lent = new ArrayList<>();
  private long bytes = NATIVE_OVERHEAD;
  private @Nullable DirectMemory chunk; // the current chunk of small buffers
  private int chunkUsed;

  BindingMemory(BufferPool pool) {
    this.pool = pool;
  }

  /**
   * Returns a buffer of this many bytes. Many small inputs lie side by side, where the processor
   * reads ahead.
   */
  ByteBuffer allocate(int size) {
    if (lent.size() < SEPARATE || size > SMALL) {
      return BufferPool.cut(lend(size), size);
    }
    DirectMemory from = chunk;
    if (from == null || chunkUsed + size > from.capacity()) {
      from = lend(CHUNK);
      chunk = from;
      chunkUsed = 0;
    }
    ByteBuffer part = from.buffer().slice(chunkUsed, size).order(ByteOrder.nativeOrder());
    chunkUsed += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return part;
  }

  private DirectMemory lend(int size) {
    DirectMemory part = pool.lend(size);
    lent.add(part);
    bytes += part.capacity();
    return part;
  }

  /** The bytes that the binding holds, an engine's own objects included. */
  long bytes() {
    return bytes;
  }

  /** Fills all of the memory, inputs and outputs. */
  void fill(byte pattern) {
    byte[] filling = new byte[FILL_CHUNK];
    Arrays.fill(filling, pattern);
    for (DirectMemory each : lent) {
      ByteBuffer buffer = each.buffer();
      for (int at = 0, length; at < buffer.capacity(); at += length) {
        length = Math.min(filling.length, buffer.capacity() - at);
        buffer.put(at, filling, 0, length);
      }
    }
  }

  /** Gives all of the memory back to the pool. The binding is closed. */
  void giveBack() {
    lent.forEach(pool::giveBack);
    lent.clear();
  }
}
