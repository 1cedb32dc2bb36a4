package dev.inproc.inference.model;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Tells listeners what has changed. Each has a queue and at most one thread at a time, which exists
 * only while changes wait; nothing here runs user code on the caller's thread.
 */
final class Listeners {
  /** Changes that wait for one listener. More than a repository's first look makes. */
  static final int CAPACITY = 100_000;

  private static final System.Logger LOG = System.getLogger(RepositoryListener.class.getName());

  private final Executor threads;
  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();

  /**
   * Creates one without listeners.
   *
   * @param threads runs each task on a thread that may block
   */
  Listeners(Executor threads) {
    this.threads = threads;
  }

  void add(RepositoryListener listener) {
    deliveries.add(new Delivery(listener));
  }

  void remove(RepositoryListener listener) {
    for (Delivery delivery : deliveries) {
      if (delivery.listener.equals(listener)) {
        deliveries.remove(delivery);
        delivery.isRemoved = true;
        return;
      }
    }
  }

  void clear() {
    deliveries.forEach(delivery -> delivery.isRemoved = true);
    deliveries.clear();
  }

  void tell(Consumer<RepositoryListener> change) {
    for (Delivery delivery : deliveries) {
      delivery.offer(change);
    }
  }

  /** One listener, and what it has not heard. */
  private final class Delivery implements Runnable {
    private final RepositoryListener listener;
    private final Queue<Consumer<RepositoryListener>> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicBoolean isRunning = new AtomicBoolean();
    private volatile boolean isRemoved;

    Delivery(RepositoryListener listener) {
      this.listener = listener;
    }

    void offer(Consumer<RepositoryListener> change) {
      if (size.incrementAndGet() > CAPACITY) {
        size.decrementAndGet();
        LOG.log(
            Level.WARNING,
            "Listener {0} misses a change: {1} wait for it",
            listener.getClass().getName(),
            CAPACITY);
        return;
      }
      queue.add(change);
      start();
    }

    private void start() {
      if (!isRunning.compareAndSet(false, true)) {
        return;
      }
      try {
        threads.execute(this);
      } catch (Throwable t) { // no thread to be had: the next change tries again
        isRunning.set(false);
        LOG.log(Level.WARNING, "No thread for listener " + listener.getClass().getName(), t);
      }
    }

    @Override
    public void run() {
      do {
        for (var change = queue.poll(); change != null; change = queue.poll()) {
          size.decrementAndGet();
          tell(change);
        }
        isRunning.set(false);
        // A change that came meanwhile may have seen this running.
      } while (!queue.isEmpty() && isRunning.compareAndSet(false, true));
    }

    private void tell(Consumer<RepositoryListener> change) {
      if (isRemoved) {
        return;
      }
      var unused = Thread.interrupted(); // an earlier change's interrupt is not this one's
      try {
        change.accept(listener);
      } catch (Throwable t) {
        LOG.log(Level.WARNING, "Listener " + listener.getClass().getName() + " failed", t);
      }
    }
  }
}
