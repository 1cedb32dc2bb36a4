package dev.inproc.inference.batch;

import dev.inproc.inference.internal.concurrent.Workers;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The engine slots and a {@link BatchLoop} for each. A thread that takes a free slot starts a
 * worker thread with the slot's loop; the loop frees the slot when no request is left. {@link
 * EngineSlots} tells how slots and queue are ordered so that no request is left behind.
 */
final class EngineLoops<I, O> implements BatchLoop.Owner<I, O> {
  private final Object lane;
  private final EngineSlots slots;
  private final PendingRequests<I, O> pending;
  private final Termination termination;
  private final IntFunction<BatchLoop<I, O>> factory;
  private final BiConsumer<Object, Runnable> launcher;
  private final boolean delays;
  private volatile boolean closesModel; // by force, as soon as no batch runs
  private final List<BatchLoop<I, O>> loops = new CopyOnWriteArrayList<>(); // by slot
  private final Set<BatchLoop<I, O>> replaced = ConcurrentHashMap.newKeySet(); // still in a run

  /**
   * Creates it.
   *
   * @param lane the lane of the worker threads, by which they know each other
   * @param launcher runs a loop on a thread of its own; gets the lane with it
   * @param delays whether a loop may wait for a fuller batch
   */
  EngineLoops(
      Object lane,
      EngineSlots slots,
      PendingRequests<I, O> pending,
      BatchRunner<I, O> runs,
      Termination termination,
      BiConsumer<Object, Runnable> launcher,
      boolean delays) {
    this.lane = lane;
    this.slots = slots;
    this.pending = pending;
    this.termination = termination;
    this.launcher = launcher;
    this.delays = delays;
    factory = slot -> new BatchLoop<>(this, slot, pending, runs);
    for (int slot = 0; slot < slots.count(); slot++) {
      loops.add(factory.apply(slot));
    }
  }

  /** Whether the calling thread holds a slot: a callback, or the model itself, calls. */
  boolean isWithin() {
    return Workers.isTurning(lane) || slots.isLeading();
  }

  // ---- waking ----

  /** See {@link PendingRequests.Waker}. */
  void wake(boolean timed) {
    int slot = slots.tryTake();
    if (slot == EngineSlots.NONE) {
      slot = slots.giveUp(); // a model that submits within its run may wait for the outcome
    }
    if (slot == EngineSlots.NONE && Workers.isTurning(lane)) {
      slot = replaceLoop();
    }
    if (slot != EngineSlots.NONE) {
      start(slot);
    } else if (delays && (timed || pending.isBatchFull())) {
      endDelays();
    }
  }

  /** Has loops that wait for a fuller batch look again. */
  void endDelays() {
    loops.forEach(BatchLoop::wake);
  }

  /**
   * Has a new loop take the slot of the loop that this thread turns: the model that the loop runs
   * has submitted a call, and may wait for the outcome. The old loop ends with its run.
   */
  private int replaceLoop() {
    for (int slot = 0; slot < loops.size(); slot++) {
      BatchLoop<I, O> loop = loops.get(slot);
      if (loop.isTurnedHere()) {
        termination.onDelivery(true); // the model is in use, though the slot may become free
        replaced.add(loop);
        loops.set(slot, factory.apply(slot));
        return slot;
      }
    }
    return EngineSlots.NONE;
  }

  @Override
  public boolean endReplaced(BatchLoop<I, O> loop) {
    if (closesModel) {
      var unused = closeModelUnlessBatchRuns();
    }
    if (replaced.isEmpty() || !replaced.remove(loop)) {
      return false;
    }
    termination.onDelivery(false);
    return true;
  }

  private void start(int slot) {
    try {
      launcher.accept(lane, loops.get(slot));
    } catch (Throwable t) {
      slots.free(slot); // the process cannot start a thread
      pending.refuseAll(t);
    }
  }

  // ---- freeing ----

  @Override
  public boolean freeSlot(int slot) {
    slots.free(slot);
    if (pending.hasArrivals()) {
      int again = slots.tryTake();
      if (again == slot) {
        return true;
      }
      if (again != EngineSlots.NONE) {
        start(again);
      }
    }
    termination.releaseIfLast();
    return false;
  }

  /** Ends the run of a caller that led; a worker thread serves what came meanwhile. */
  void endLead(int slot) {
    if (slots.endLead(slot) && (pending.waiting() > 0 || freeSlot(slot))) {
      start(slot);
    }
  }

  // ---- runs ----

  /** Whether every engine is busy. */
  boolean areAllTaken() {
    return slots.areAllTaken();
  }

  int count() {
    return loops.size();
  }

  /** Returns the nanoseconds until an engine should be free. */
  long untilFree(long now) {
    long free = Long.MAX_VALUE;
    for (BatchLoop<I, O> loop : loops) {
      free = Math.min(free, Math.max(0, loop.current().expectedEnd() - now));
    }
    return free;
  }

  /** Returns how long the longest of the present runs has taken so far; 0 if there is none. */
  long longestRunNanos(long now) {
    return allLoops().mapToLong(loop -> loop.current().ageNanos(now)).max().orElse(0);
  }

  /**
   * Closes the model although a caller may be inside it, on its own thread: only the model can stop
   * that run. A model under the run of a batch is left alone until the run ends; the loop that ran
   * it then closes the model.
   *
   * @return false if the model says that it is not closed
   */
  boolean closeModelNow() {
    closesModel = true; // before it looks for a run; a loop ends its run before it looks at this
    return closeModelUnlessBatchRuns();
  }

  private boolean closeModelUnlessBatchRuns() {
    return allLoops().anyMatch(loop -> loop.current().isRunning()) || termination.closeModelNow();
  }

  /** Releases the callers of all batches that are being run. */
  void failCurrent(Throwable reason) {
    allLoops().forEach(loop -> loop.current().fail(reason));
  }

  private Stream<BatchLoop<I, O>> allLoops() {
    return Stream.concat(loops.stream(), replaced.stream());
  }
}
