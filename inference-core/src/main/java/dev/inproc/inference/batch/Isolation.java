package dev.inproc.inference.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds which requests made a run fail, by running halves again: one in n is found in 2·log2(n)
 * runs. The number of reruns is bounded; what is left then fails with the rest. If no rerun
 * succeeded, the engine itself is taken to be ill, so that one that is broken is not asked two
 * dozen times for every batch: until something succeeds, {@value #PROBES} requests of a batch that
 * fails are run alone, and only if these fail too is the failure believed. They are picked at
 * random, since whoever sends what makes runs fail may send it often.
 */
final class Isolation<I, O> {
  /** Runs requests together. */
  interface Rerun<I, O> {
    Gathered<I, O> run(List<Request<I, O>> requests);
  }

  private static final int PROBES = 2;

  private final Rerun<I, O> rerun;
  private final Figures figures;
  private volatile boolean ill;

  Isolation(Rerun<I, O> rerun, Figures figures) {
    this.rerun = rerun;
    this.figures = figures;
  }

  /** A batch ran without such a failure. */
  void well() {
    if (ill) {
      ill = false;
    }
  }

  /** Ends every one of these, with an answer or a failure. */
  void settle(Map<Throwable, List<Request<I, O>>> suspects) {
    suspects.forEach(this::settle);
  }

  private void settle(Throwable failure, List<Request<I, O>> together) {
    boolean isProbed = ill && together.size() > 1;
    if (together.size() == 1 || (isProbed && !isAnyWell(together))) {
      refuse(together, failure);
      return;
    }
    boolean anySuccess = isolate(failure, together);
    ill = !anySuccess && !isProbed;
  }

  private boolean isAnyWell(List<Request<I, O>> together) {
    List<Request<I, O>> some = new ArrayList<>(together);
    Collections.shuffle(some, ThreadLocalRandom.current());
    for (Request<I, O> one : some.subList(0, Math.min(PROBES, some.size()))) {
      if (rerun.run(List.of(one)).answered() > 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether any rerun succeeded. */
  private boolean isolate(Throwable failure, List<Request<I, O>> together) {
    int budget = 4 * (Integer.SIZE - Integer.numberOfLeadingZeros(together.size()));
    boolean anySuccess = false;
    Deque<Part<I, O>> parts = new ArrayDeque<>();
    split(new Part<>(together, failure), parts);
    while (!parts.isEmpty()) {
      Part<I, O> part = parts.removeFirst();
      List<Request<I, O>> live = part.requests.stream().filter(r -> !r.isSettled()).toList();
      if (live.isEmpty()) {
        continue;
      }
      if (budget-- <= 0) {
        refuse(live, part.failure);
        continue;
      }
      Gathered<I, O> ran = rerun.run(live);
      anySuccess |= ran.answered() > 0;
      ran.suspects().forEach((cause, requests) -> split(new Part<>(requests, cause), parts));
    }
    return anySuccess;
  }

  private record Part<I, O>(List<Request<I, O>> requests, Throwable failure) {}

  private void split(Part<I, O> part, Deque<Part<I, O>> parts) {
    int size = part.requests.size();
    if (size == 1) {
      refuse(part.requests, part.failure);
      return;
    }
    parts.addFirst(new Part<>(part.requests.subList(size / 2, size), part.failure));
    parts.addFirst(new Part<>(part.requests.subList(0, size / 2), part.failure));
  }

  private void refuse(List<Request<I, O>> requests, Throwable failure) {
    requests.forEach(request -> request.fail(failure, figures));
  }
}
