package dev.inproc.inference.engine;

import dev.inproc.inference.spi.Frame;
import dev.inproc.inference.spi.FrameRequest;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Frames ready for use again, by their number of rows and sizes. Taking and giving back is a map
 * look-up and one compare-and-set on a stack; frames are made, and others evicted, only when a
 * shape is new or busier than ever. Evicted is the shape that was idle longest, counted in frames
 * made, so that the fast path writes no shared clock.
 */
final class FramePool {
  private final NativeModel model;
  private final Layout layout;
  private final List<Integer> outputs;
  private final long maxIdleBytes;
  private final BufferPool memory;
  private final ConcurrentHashMap<Key, Shelf> shelves = new ConcurrentHashMap<>();
  private final Set<PooledFrame> all = ConcurrentHashMap.newKeySet();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong epoch = new AtomicLong(); // frames made so far

  FramePool(NativeModel model, Layout layout, List<Integer> outputs, long maxIdleBytes) {
    this.model = model;
    this.layout = layout;
    this.outputs = outputs;
    this.maxIdleBytes = maxIdleBytes;
    memory = new BufferPool(maxIdleBytes);
  }

  /** What makes two runs alike. */
  private record Key(int rows, long[] sizes) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key that && rows == that.rows && Arrays.equals(sizes, that.sizes);
    }

    @Override
    public int hashCode() {
      return rows * 31 + Arrays.hashCode(sizes);
    }
  }

  /** The idle frames of one key. */
  private static final class Shelf {
    private record Node(PooledFrame frame, @Nullable Node next) {}

    private final Key key;
    private final AtomicReference<@Nullable Node> top = new AtomicReference<>();
    private volatile long lastUse;
    private volatile boolean removed;

    private Shelf(Key key) {
      this.key = key;
    }

    private @Nullable PooledFrame pop() {
      while (true) {
        Node seen = top.get();
        if (seen == null) {
          return null;
        }
        // Nodes are never pushed twice, so a top that looks the same is the same: no ABA.
        if (top.compareAndSet(seen, seen.next)) {
          return seen.frame;
        }
      }
    }

    private void push(PooledFrame frame) {
      Node seen;
      do {
        seen = top.get();
      } while (!top.compareAndSet(seen, new Node(frame, seen)));
    }
  }

  /** A frame with the memory lent to it and the shelf that it goes back to. One user at a time. */
  static final class PooledFrame {
    private final Shelf shelf;
    private final FrameMemory memory;
    private final Frame frame;
    private long runs;
    private boolean freed; // guarded by this

    private PooledFrame(Shelf shelf, FrameMemory memory, Frame frame) {
      this.shelf = shelf;
      this.memory = memory;
      this.frame = frame;
    }

    Frame frame() {
      return frame;
    }

    /** Fills all memory lent to the frame, whatever it is for. */
    void fill(byte pattern) {
      memory.fill(pattern);
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

    private void free() {
      synchronized (this) {
        freed = true; // from here no terminate is under way, and none will come
      }
      try {
        frame.close();
      } finally {
        memory.giveBack();
      }
    }
  }

  /** Takes a frame for runs of so many rows of these padded sizes. */
  PooledFrame take(int rows, long[] sizes) {
    Key key = new Key(rows, sizes);
    Shelf shelf = shelves.get(key);
    if (shelf == null) {
      Key kept = new Key(rows, sizes.clone());
      shelf = shelves.computeIfAbsent(kept, Shelf::new);
    }
    PooledFrame frame = shelf.pop();
    return frame != null ? frame : make(shelf);
  }

  private PooledFrame make(Shelf shelf) {
    FrameMemory lent = new FrameMemory(memory);
    Frame opened = null;
    try {
      opened = model.open(request(shelf.key, lent));
    } finally {
      if (opened == null) {
        lent.giveBack();
      }
    }
    PooledFrame frame = new PooledFrame(shelf, lent, opened);
    all.add(frame);
    shelf.lastUse = epoch.incrementAndGet();
    if (bytes.addAndGet(frame.memory.bytes()) > maxIdleBytes) {
      evict();
    }
    return frame;
  }

  private FrameRequest request(Key key, FrameMemory lent) {
    List<Shape> inputShapes = new ArrayList<>();
    for (int i = 0; i < layout.inputs(); i++) {
      inputShapes.add(layout.inRun(layout.inputShape(i, key.sizes), key.rows));
    }
    List<@Nullable Shape> outputShapes = new ArrayList<>();
    for (int output : outputs) {
      Shape shape = layout.outputShape(output, key.sizes);
      outputShapes.add(shape == null ? null : layout.inRun(shape, key.rows));
    }
    return new FrameRequest(inputShapes, outputs, outputShapes, lent::allocate);
  }

  /** Gives a frame back, cleared. */
  void giveBack(PooledFrame frame) {
    if (bytes.get() - maxIdleBytes > maxIdleBytes) {
      discard(frame);
      return;
    }
    Shelf shelf = frame.shelf;
    long now = epoch.get();
    if (shelf.lastUse != now) {
      shelf.lastUse = now;
    }
    shelf.push(frame);
    if (shelf.removed) {
      sweep(shelf);
    }
  }

  private void sweep(Shelf shelf) {
    PooledFrame frame;
    while ((frame = shelf.pop()) != null) {
      discard(frame);
    }
  }

  /** Frees a frame that is not fit for use again. */
  void discard(PooledFrame frame) {
    all.remove(frame);
    bytes.addAndGet(-frame.memory.bytes());
    frame.free();
  }

  private synchronized void evict() {
    List<Shelf> oldest = new ArrayList<>(shelves.values());
    oldest.sort(Comparator.comparingLong(shelf -> shelf.lastUse));
    for (Shelf shelf : oldest) {
      PooledFrame frame;
      while (bytes.get() > maxIdleBytes && (frame = shelf.pop()) != null) {
        discard(frame);
      }
      if (shelf.top.get() == null && shelf.lastUse != epoch.get()) {
        shelf.removed = true; // before it is emptied: a frame that comes back later sees this
        shelves.remove(shelf.key, shelf);
        sweep(shelf);
      }
    }
  }

  /** Stops whatever runs; for a session that closes and hands out no more frames. */
  void terminateAll() {
    all.forEach(PooledFrame::terminate);
  }

  /** Frees everything. No frame is in use any more. */
  void close() {
    shelves.clear();
    List<Runnable> steps = new ArrayList<>();
    all.forEach(frame -> steps.add(() -> discard(frame)));
    steps.add(memory::close);
    CloseAll.all(steps);
  }

  /** Native bytes held by frames and kept for them. */
  long bytes() {
    return memory.bytes();
  }
}
