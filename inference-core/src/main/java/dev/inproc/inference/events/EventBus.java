package dev.inproc.inference.events;

import dev.inproc.inference.internal.flight.FlightRecorder;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Carries events from layers to listeners and to JDK Flight Recorder. {@link #publish} never
 * blocks, never throws, and runs no user code but the runtime's thread factory. Each listener has a
 * bounded queue and at most one thread at a time, which exists only while events wait. Any number
 * of threads may share one.
 */
public final class EventBus {
  /** How many events wait for a listener that is slow. */
  static final int CAPACITY = 1_024;

  private static final System.Logger LOG = System.getLogger(EventBus.class.getName());

  private final Executor threads;
  private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
  private final AtomicLong dropped = new AtomicLong();

  /**
   * Creates a bus.
   *
   * @param threads runs listeners, each in a task of its own that may block
   */
  public EventBus(Executor threads) {
    this.threads = threads;
  }

  /** Adds a listener. It hears what is published from now on. */
  public void add(ServingListener listener) {
    deliveries.add(new Delivery(listener));
  }

  /** Takes a listener out. It may still hear an event that it is being told. */
  public void remove(ServingListener listener) {
    for (Delivery delivery : deliveries) {
      if (delivery.listener.equals(listener)) {
        deliveries.remove(delivery);
        delivery.isRemoved = true;
        return;
      }
    }
  }

  /** Returns how many events were dropped, since a listener's queue was full. */
  public long dropped() {
    return dropped.get();
  }

  /** Publishes an event. */
  public void publish(ServingEvent event) {
    if (FlightRecorder.isThere()) {
      FlightEvents.record(event);
    }
    for (Delivery delivery : deliveries) {
      delivery.offer(event);
    }
  }

  /** One listener, and what it has not heard. */
  private final class Delivery implements Runnable {
    private final ServingListener listener;
    private final BlockingQueue<ServingEvent> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final AtomicBoolean isRunning = new AtomicBoolean();
    private volatile boolean isRemoved;

    Delivery(ServingListener listener) {
      this.listener = listener;
    }

    void offer(ServingEvent event) {
      if (isRemoved) {
        return;
      }
      if (!queue.offer(event)) {
        dropped.incrementAndGet();
      }
      start();
    }

    private void start() {
      if (!isRunning.compareAndSet(false, true)) {
        return;
      }
      try {
        threads.execute(this);
      } catch (Throwable t) { // no thread to be had: the next event tries again
        isRunning.set(false);
        LOG.log(Level.WARNING, "No thread for listener " + listener.getClass().getName(), t);
      }
    }

    @Override
    public void run() {
      do {
        for (ServingEvent event = queue.poll(); event != null; event = queue.poll()) {
          tell(event);
        }
        isRunning.set(false);
        // An event that came meanwhile may have seen this running.
      } while (!queue.isEmpty() && isRunning.compareAndSet(false, true));
    }

    private void tell(ServingEvent event) {
      if (isRemoved) {
        return;
      }
      var unused = Thread.interrupted(); // an earlier event's interrupt is not this one's
      try {
        listener.onEvent(event);
      } catch (Throwable t) {
        LOG.log(
            Level.WARNING, "Listener " + listener.getClass().getName() + " failed at " + event, t);
      }
    }
  }
}
