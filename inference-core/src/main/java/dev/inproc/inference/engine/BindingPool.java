package dev.inproc.inference.engine;

import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.tensor.Shape;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
 * Open bindings, kept for reuse by their number of rows and sizes. To take or give back a binding
 * costs a map look-up and one compare-and-set on a stack. A binding is opened, and others are
 * evicted, only when a shape is new or in more use than before. The pool evicts the shape that was
 * idle longest. It measures idleness in bindings opened since, so that the fast path writes no
 * shared clock.
 */
final class BindingPool {
  private final NativeModel model;
  private final Layout layout;
  private final List<Integer> outputs;
  private final long maxIdleBytes;
  private final BufferPool memory;
  private final ConcurrentHashMap<Key, Shelf> shelves = new ConcurrentHashMap<>();
  private final Set<PooledBinding> all = ConcurrentHashMap.newKeySet();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong epoch = new AtomicLong(); // bindings opened so far

  BindingPool(NativeModel model, Layout layout, List<Integer> outputs, long maxIdleBytes) {
    this.model = model;
    this.layout = layout;
    this.outputs = outputs;
    this.maxIdleBytes = maxIdleBytes;
    memory = new BufferPool(maxIdleBytes);
  }

  /** Runs of equal keys can use one binding. */
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

  /** The idle bindings of one key. */
  private static final class Shelf {
    private record Node(PooledBinding binding, @Nullable Node next) {}

    private final Key key;
    private final AtomicReference<@Nullable Node> top = new AtomicReference<>();
    private volatile long lastUse;
    private volatile boolean removed;

    private Shelf(Key key) {
      this.key = key;
    }

    private @Nullable PooledBinding pop() {
      while (true) {
        Node seen = top.get();
        if (seen == null) {
          return null;
        }
        // A node is pushed once, so an equal top is an unchanged stack: no ABA.
        if (top.compareAndSet(seen, seen.next)) {
          return seen.binding;
        }
      }
    }

    private void push(PooledBinding binding) {
      Node seen;
      do {
        seen = top.get();
      } while (!top.compareAndSet(seen, new Node(binding, seen)));
    }
  }

  /** An open binding, its memory, and the shelf that it goes back to. One user at a time. */
  static final class PooledBinding {
    private static final VarHandle BEGUN;
    private static final VarHandle ENDED;

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        BEGUN = lookup.findVarHandle(PooledBinding.class, "begun", long.class);
        ENDED = lookup.findVarHandle(PooledBinding.class, "ended", long.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final Shelf shelf;
    private final BindingMemory memory;
    private final IoBinding binding;
    private long begun; // runs, written by the user

    @SuppressWarnings("UnusedVariable") // by its handle alone
    private long ended;

    private long seenRun; // by longestRunNanos
    private long seenNanos;
    private boolean freed; // guarded by this

    private PooledBinding(Shelf shelf, BindingMemory memory, IoBinding binding) {
      this.shelf = shelf;
      this.memory = memory;
      this.binding = binding;
    }

    IoBinding binding() {
      return binding;
    }

    /** Fills all memory of the binding, inputs and outputs. */
    void fill(byte pattern) {
      memory.fill(pattern);
    }

    /** Counts a run and returns how many there were before it. */
    long beginRun() {
      long before = begun;
      BEGUN.setOpaque(this, before + 1);
      return before;
    }

    /** Ends what {@link #beginRun} began. */
    void endRun() {
      ENDED.setOpaque(this, begun);
    }

    /** How long the run of now has been seen; under the pool's lock. */
    private long ageNanos(long now) {
      long run = (long) BEGUN.getOpaque(this);
      if (run == (long) ENDED.getOpaque(this)) {
        return 0;
      }
      if (run != seenRun) {
        seenRun = run;
        seenNanos = now;
      }
      return now - seenNanos;
    }

    /** Stops the current run; does nothing once the binding is being freed. */
    synchronized void terminate() {
      if (!freed) {
        binding.terminate();
      }
    }

    private void free() {
      synchronized (this) {
        freed = true; // no terminate() runs now, and none will start
      }
      try {
        binding.close();
      } finally {
        memory.giveBack();
      }
    }
  }

  /** Takes a binding for runs of so many rows of these padded sizes. */
  PooledBinding take(int rows, long[] sizes) {
    Key key = new Key(rows, sizes);
    Shelf shelf = shelves.get(key);
    if (shelf == null) {
      Key kept = new Key(rows, sizes.clone());
      shelf = shelves.computeIfAbsent(kept, Shelf::new);
    }
    PooledBinding binding = shelf.pop();
    return binding != null ? binding : make(shelf);
  }

  private PooledBinding make(Shelf shelf) {
    BindingMemory lent = new BindingMemory(memory);
    IoBinding opened = null;
    try {
      opened = model.open(spec(shelf.key, lent));
    } finally {
      if (opened == null) {
        lent.giveBack();
      }
    }
    PooledBinding binding = new PooledBinding(shelf, lent, opened);
    all.add(binding);
    shelf.lastUse = epoch.incrementAndGet();
    if (bytes.addAndGet(binding.memory.bytes()) > maxIdleBytes) {
      evict();
    }
    return binding;
  }

  private BindingSpec spec(Key key, BindingMemory lent) {
    List<Shape> inputShapes = new ArrayList<>();
    for (int i = 0; i < layout.inputs(); i++) {
      inputShapes.add(layout.inRun(layout.inputShape(i, key.sizes), key.rows));
    }
    List<@Nullable Shape> outputShapes = new ArrayList<>();
    for (int output : outputs) {
      Shape shape = layout.outputShape(output, key.sizes);
      outputShapes.add(shape == null ? null : layout.inRun(shape, key.rows));
    }
    return new BindingSpec(inputShapes, outputs, outputShapes, lent::allocate);
  }

  /** Takes back a binding that has been cleared. */
  void giveBack(PooledBinding binding) {
    if (bytes.get() - maxIdleBytes > maxIdleBytes) {
      discard(binding);
      return;
    }
    Shelf shelf = binding.shelf;
    long now = epoch.get();
    if (shelf.lastUse != now) {
      shelf.lastUse = now;
    }
    shelf.push(binding);
    if (shelf.removed) {
      sweep(shelf);
    }
  }

  private void sweep(Shelf shelf) {
    PooledBinding binding;
    while ((binding = shelf.pop()) != null) {
      discard(binding);
    }
  }

  /** Frees a binding that cannot be reused. */
  void discard(PooledBinding binding) {
    all.remove(binding);
    bytes.addAndGet(-binding.memory.bytes());
    binding.free();
  }

  private synchronized void evict() {
    List<Shelf> oldest = new ArrayList<>(shelves.values());
    oldest.sort(Comparator.comparingLong(shelf -> shelf.lastUse));
    for (Shelf shelf : oldest) {
      PooledBinding binding;
      while (bytes.get() > maxIdleBytes && (binding = shelf.pop()) != null) {
        discard(binding);
      }
      if (shelf.top.get() == null && shelf.lastUse != epoch.get()) {
        shelf.removed = true; // before the shelf is emptied: giveBack() after that sees it
        shelves.remove(shelf.key, shelf);
        sweep(shelf);
      }
    }
  }

  /** Stops all runs. The session is closing and takes no more bindings. */
  void terminateAll() {
    all.forEach(PooledBinding::terminate);
  }

  /** Frees all bindings and memory. No binding is in use. */
  void close() {
    shelves.clear();
    List<Runnable> steps = new ArrayList<>();
    all.forEach(binding -> steps.add(() -> discard(binding)));
    steps.add(memory::close);
    CloseAll.all(steps);
  }

  /**
   * Returns how long the longest run of now has been seen by this method: 0 for a run that began
   * since it was last called. A run itself reads no clock for this, which would cost a tiny model a
   * hundredth of its time.
   */
  synchronized long longestRunNanos(long now) {
    return all.stream().mapToLong(binding -> binding.ageNanos(now)).max().orElse(0);
  }

  /** The native bytes of all bindings and of the memory kept for new ones. */
  long bytes() {
    return memory.bytes();
  }
}
