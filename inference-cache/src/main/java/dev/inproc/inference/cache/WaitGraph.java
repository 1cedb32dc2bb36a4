package dev.inproc.inference.cache;

import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds runs that wait for each other, across all caches of the process. A thread that is about to
 * block waits for a load; the load's run is on its owner's thread; the owner may itself wait for
 * another load, and so on. If this leads back to the thread, none of these runs can ever end.
 *
 * <p>Only a thread that is about to block pays for this: it enters itself, then follows the chain.
 * Of two threads that close a cycle at once, the second to enter itself sees the first. What is
 * seen on the way may be over by the time the chain closes, so every step is looked at once more:
 * an owner leads its load until that is over, so steps that all still hold have held together.
 *
 * <p>A run that was handed to other threads has no owner, and is not seen.
 */
final class WaitGraph {
  /** A longer chain is given up: it may run into a cycle of other threads, which has no end. */
  private static final int LONGEST = 1_000;

  /** The characters of a request that a message shows. */
  private static final int SHOWN = 40;

  private static final ConcurrentHashMap<Thread, Wait> WAITING = new ConcurrentHashMap<>();

  /** A wait for a run, by a thread that blocks. */
  interface Wait {
    /** Returns the thread that the run is on; null if it is not known, or the run is over. */
    @Nullable Thread ownerOfRun();

    /** Returns the request of the run; null once the wait is over. */
    @Nullable Object requestOfRun();

    boolean isDone();

    /** Fails the wait. */
    void giveUp(Throwable failure);
  }

  private WaitGraph() {}

  /**
   * Returns whether the calling thread turns an engine: it must not wait for a run that another
   * call began, since the run may need this thread.
   */
  static boolean isEngineThread() {
    return Workers.isWorker() && !CallbackExecutor.isCallback();
  }

  /** Enters the calling thread. Fails the waiter if what it waits for waits for this thread. */
  static void begin(Wait waiter) {
    Thread self = Thread.currentThread();
    WAITING.put(self, waiter);
    List<Wait> cycle = cycle(waiter, self);
    if (cycle != null) {
      waiter.giveUp(new IllegalStateException(describe(cycle)));
    }
  }

  /** Takes the calling thread out. */
  static void end() {
    WAITING.remove(Thread.currentThread());
  }

  private static @Nullable List<Wait> cycle(Wait first, Thread self) {
    List<Wait> chain = new ArrayList<>(2);
    List<Thread> owners = new ArrayList<>(2);
    Wait waiter = first;
    while (waiter != null && chain.size() < LONGEST) { // a cycle of other threads may be on the way
      Thread owner = waiter.ownerOfRun();
      if (owner == null) {
        return null;
      }
      chain.add(waiter);
      owners.add(owner);
      if (owner == self) {
        return stillHolds(chain, owners) ? chain : null;
      }
      waiter = WAITING.get(owner);
    }
    return null;
  }

  private static boolean stillHolds(List<Wait> chain, List<Thread> owners) {
    for (int i = 0; i < chain.size(); i++) {
      if (chain.get(i).isDone() || chain.get(i).ownerOfRun() != owners.get(i)) {
        return false;
      }
    }
    return true;
  }

  private static String describe(List<Wait> cycle) {
    // The last one's run is this thread's, and asks for the first.
    StringBuilder text =
        new StringBuilder("Recursive use of a cache: the run for ")
            .append(name(cycle.get(cycle.size() - 1)));
    for (int i = 0; i < cycle.size(); i++) {
      text.append(i == 0 ? " waits for the run for " : ", which waits for the run for ")
          .append(name(cycle.get(i)));
    }
    return text.append(
            ". A model must not ask a cache for an answer that it is being run to find; ask the"
                + " predictor inside the cache, or use CacheMode.BYPASS")
        .toString();
  }

  /** Names a request without calling a {@code toString} that may be long. */
  private static String name(Wait waiter) {
    Object input = waiter.requestOfRun();
    if (input instanceof String text) {
      return '"' + (text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text) + '"';
    }
    return input instanceof Number || input instanceof Enum
        ? input.toString()
        : "a " + (input == null ? "request" : input.getClass().getTypeName());
  }
}
