package dev.inproc.inference.engine;

import dev.inproc.inference.spi.Frame;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A frame with the memory lent to it and the place that it goes back to. One user at a time. */
final class PooledFrame {
  // An engine's own objects beside the buffers; keeps the number of tiny frames in bounds.
  private static final int NATIVE_OVERHEAD = 4096;
  private static final int FILL_CHUNK = 4096;

  // From so many buffers on, the small ones are cut out of chunks.
  private static final int SEPARATE = 8;
  private static final int SMALL = 1 << 9;
  private static final int CHUNK = 1 << 13;
  private static final int ALIGNMENT = 64; // a cache line, and the widest vector register

  private final FramePool.Shelf shelf;
  private final List<DirectMemory> lent = new ArrayList<>();
  private final BufferPool memory;
  private Frame frame;
  private long bytes = NATIVE_OVERHEAD;
  private @Nullable DirectMemory chunk; // the last lent for small buffers
  private int chunkUsed;
  private long runs;
  private boolean freed; // guarded by this

  @SuppressWarnings("NullAway.Init") // open() follows; the frame asks for memory while it is made
  PooledFrame(FramePool.Shelf shelf, BufferPool memory) {
    this.shelf = shelf;
    this.memory = memory;
  }

  void open(Frame opened) {
    frame = opened;
  }

  /** Models with many small inputs get them side by side: a processor reads ahead there. */
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
    DirectMemory part = memory.lend(size);
    lent.add(part);
    bytes += part.capacity();
    return part;
  }

  Frame frame() {
    return frame;
  }

  FramePool.Shelf shelf() {
    return shelf;
  }

  long bytes() {
    return bytes;
  }

  /** Fills all memory lent to the frame, whatever it is for. */
  void fill(byte pattern) {
    byte[] chunk = new byte[FILL_CHUNK];
    Arrays.fill(chunk, pattern);
    for (DirectMemory each : lent) {
      ByteBuffer buffer = each.buffer();
      for (int at = 0, length; at < buffer.capacity(); at += length) {
        length = Math.min(chunk.length, buffer.capacity() - at);
        buffer.put(at, chunk, 0, length);
      }
    }
  }

  /** Counts a run and returns how many there were before it. */
  long countRun() {
    return runs++;
  }

  /** Stops the run that is under way; does nothing once the frame is being freed. */
  synchronized void terminate() {
    if (!freed) {
      frame.terminate();
    }
  }

  void free() {
    synchronized (this) {
      freed = true; // from here no terminate is under way, and none will come
    }
    try {
      if (frame != null) {
        frame.close();
      }
    } finally {
      lent.forEach(memory::giveBack);
      lent.clear();
    }
  }
}
