package dev.inproc.inference.batch;

import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.internal.concurrent.Timer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds the requests that make a run fail, by running halves again: one request in n is found in
 * 2·log2(n) reruns. Every request ends with an answer, with the failure of a run that it had alone,
 * or with an {@link OverloadedException}; never with the failure of a run that it shared.
 *
 * <p>Three bounds. A batch of n has at most 1.5·n reruns: a part is run together only while enough
 * reruns are left to run each undecided request alone. Reruns take a quarter of the engine's time
 * ({@link RerunBudget}); a batch that fails when the share is used up is refused without reruns.
 * And an engine that fails {@value #LONE} requests alone, one after the other with no success
 * between, is taken to be broken: until a request succeeds, {@value #LONE} requests of a batch that
 * fails are run alone, and if they fail too, the others are not run. These requests are picked at
 * random, since one caller may send many requests that make runs fail.
 */
final class Isolation<I, O> {
  /** Runs requests together. */
  interface Rerun<I, O> {
    RequestBatch<I, O> run(List<Request<I, O>> requests);
  }

  private static final int LONE = 5;

  private final StatsCounter figures;
  private final Timer timer;
  private final RequestQueue<?> queue;
  private final RerunBudget budget;
  private final AtomicInteger loneFailures = new AtomicInteger(); // since the last success

  Isolation(StatsCounter figures, Timer timer, RequestQueue<?> queue, int parallelism) {
    this.figures = figures;
    this.timer = timer;
    this.queue = queue;
    budget = new RerunBudget(parallelism, timer.nanoTime());
  }

  /** A batch ran without a failure that names no request. */
  void well() {
    if (loneFailures.get() != 0) {
      loneFailures.set(0);
    }
  }

  /** Ends every one of these requests, with an answer or a failure. */
  void settle(Map<Throwable, List<Request<I, O>>> suspects, Rerun<I, O> rerun) {
    suspects.forEach((failure, together) -> settle(failure, together, rerun));
  }

  private void settle(Throwable failure, List<Request<I, O>> together, Rerun<I, O> rerun) {
    if (together.size() == 1) {
      together.get(0).fail(failure, figures); // it was alone in its run
      return;
    }
    if (!budget.isLeft(timer.nanoTime())) {
      refuse(together, "reruns have used up their quarter of the engine's time", failure);
    } else if (loneFailures.get() < LONE || isAnyWell(together, rerun)) {
      isolate(together, rerun);
    } else {
      refuse(together, "the requests of it that were run alone failed too", failure);
    }
  }

  private boolean isAnyWell(List<Request<I, O>> together, Rerun<I, O> rerun) {
    List<Request<I, O>> some = live(together);
    Collections.shuffle(some, ThreadLocalRandom.current());
    for (Request<I, O> one : some.subList(0, Math.min(LONE, some.size()))) {
      if (run(List.of(one), rerun).answered() > 0) {
        return true;
      }
    }
    return false;
  }

  private void isolate(List<Request<I, O>> together, Rerun<I, O> rerun) {
    int undecided = live(together).size();
    int left = undecided + undecided / 2;
    Deque<List<Request<I, O>>> parts = new ArrayDeque<>();
    split(together, parts);
    while (!parts.isEmpty()) {
      List<Request<I, O>> part = parts.removeFirst();
      List<Request<I, O>> live = live(part);
      undecided -= part.size() - live.size();
      if (live.isEmpty()) {
        continue;
      }
      if (live.size() > 1 && left <= undecided) {
        live.forEach(each -> parts.addFirst(List.of(each)));
        continue;
      }
      left--;
      RequestBatch<I, O> ran = run(live, rerun);
      undecided -= live.size();
      for (Map.Entry<Throwable, List<Request<I, O>>> shared : ran.suspects().entrySet()) {
        List<Request<I, O>> requests = shared.getValue();
        if (requests.size() == 1) {
          requests.get(0).fail(shared.getKey(), figures); // it was alone in its run
        } else {
          undecided += requests.size();
          split(requests, parts);
        }
      }
    }
  }

  private RequestBatch<I, O> run(List<Request<I, O>> requests, Rerun<I, O> rerun) {
    long start = timer.nanoTime();
    RequestBatch<I, O> ran = rerun.run(requests);
    long end = timer.nanoTime();
    budget.spend(end - start, end);
    if (ran.answered() > 0) {
      well();
    } else if (requests.size() == 1) {
      loneFailures.incrementAndGet();
    }
    return ran;
  }

  private static <I, O> void split(List<Request<I, O>> part, Deque<List<Request<I, O>>> parts) {
    int half = part.size() / 2;
    if (half > 0) {
      parts.addLast(part.subList(0, half));
    }
    parts.addLast(part.subList(half, part.size()));
  }

  private static <I, O> List<Request<I, O>> live(List<Request<I, O>> requests) {
    List<Request<I, O>> live = new ArrayList<>(requests.size());
    for (Request<I, O> request : requests) {
      if (!request.isSettled()) {
        live.add(request);
      }
    }
    return live;
  }

  /** Refuses each request with an exception of its own. */
  private void refuse(List<Request<I, O>> requests, String why, Throwable failure) {
    String reason =
        "a run of "
            + requests.size()
            + " requests failed, and "
            + why
            + ": "
            + failure.getMessage();
    Duration retryAfter = Duration.ofNanos(budget.untilLeft(timer.nanoTime()));
    for (Request<I, O> request : requests) {
      request.fail(
          new OverloadedException(reason, queue.capacity(), queue.waiting(), retryAfter, failure),
          figures);
    }
  }
}
