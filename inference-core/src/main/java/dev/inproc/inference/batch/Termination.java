package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes the model once the batcher is closed and nothing uses the model any more.
 *
 * <p>A thread that closes the batcher sets the queue's flag first and reads the counts afterwards.
 * A thread that lowers a count reads the flag afterwards. So the thread that lowers the last count
 * sees that it is the last, and closes the model.
 */
final class Termination {
  private final BatchPredictor<?, ?> inner;
  private final RequestQueue<?> queue;
  private final EngineSlots slots;
  private final RefCountedResource lifetime;
  private final AtomicBoolean isInnerClosed = new AtomicBoolean();
  private final AtomicInteger undelivered = new AtomicInteger();
  private final AtomicInteger lists = new AtomicInteger();

  /**
   * Creates it.
   *
   * @param janitor closes the model on a thread of its own, so that a bounded close of the batcher
   *     need not wait for the model to be freed
   */
  Termination(
      BatchPredictor<?, ?> inner, RequestQueue<?> queue, EngineSlots slots, Executor janitor) {
    this.inner = inner;
    this.queue = queue;
    this.slots = slots;
    lifetime =
        new RefCountedResource(
            () -> {
              if (isInnerClosed.compareAndSet(false, true)) {
                inner.close();
              }
            },
            janitor);
  }

  /** Closes the model if the batcher is closed and no request waits, runs or is on its way. */
  void releaseIfLast() {
    if (queue.isClosed()
        && lists.get() == 0
        && queue.waiting() == 0
        && slots.areAllFree()
        && undelivered.get() == 0) {
      lifetime.close();
    }
  }

  /** An outcome is on its way to its future, or has come there. */
  void onDelivery(boolean begins) {
    if (begins) {
      undelivered.incrementAndGet();
    } else {
      undelivered.decrementAndGet();
      releaseIfLast();
    }
  }

  /** Counts a list in; to be called before it is looked whether the batcher is closed. */
  void beginList() {
    lists.incrementAndGet();
  }

  void endList() {
    lists.decrementAndGet();
    releaseIfLast();
  }

  /**
   * Closes the model although a caller may be inside it. Only the model can stop such a run.
   *
   * @return whether the model says that it is closed
   */
  boolean closeModelNow() {
    return !isInnerClosed.compareAndSet(false, true) || inner.close(Duration.ZERO);
  }

  /** Waits until the model is closed. Returns false if the time passed first. */
  boolean await(long nanos) {
    return lifetime.awaitFreed(nanos);
  }
}
