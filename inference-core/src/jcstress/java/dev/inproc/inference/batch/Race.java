package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What races share: a batcher over one engine, what its actors do, and what became of it in words.
 * An outcome that a race does not list is a failure. jcstress reads only what stands in the class
 * of a race itself, so each names its actors again.
 */
abstract class Race {
  final Bench bench;
  private CompletableFuture<Long> first = new CompletableFuture<>();
  private CompletableFuture<Long> second = new CompletableFuture<>();

  /** With slots turned by the thread that takes them. */
  Race(Batching batching) {
    this(new Bench(batching));
  }

  Race(Bench bench) {
    this.bench = bench;
  }

  /** Offers, and drains if no other does. */
  final void offerFirst() {
    first = bench.batcher.submit(1L);
  }

  final void offerSecond() {
    second = bench.batcher.submit(1L);
  }

  /** Leads, or waits for the loop. */
  final String predict() {
    try {
      return bench.batcher.predict(1L) == 1L ? "answered" : "another's answer";
    } catch (PredictorClosedException e) {
      return "closed";
    }
  }

  final String first() {
    return Bench.outcome(first);
  }

  final String second() {
    return Bench.outcome(second);
  }

  /** A request that waits, and the loop that was called for it. */
  abstract static class QueuedRequest extends Race {
    private final AtomicReference<Runnable> loop;
    private final AtomicInteger expiries = new AtomicInteger();
    private final Request<Long, Long> request;

    QueuedRequest() {
      this(new AtomicReference<>());
    }

    private QueuedRequest(AtomicReference<Runnable> loop) {
      super(new Bench(Batching.upTo(4), (lane, run) -> loop.set(run)));
      this.loop = loop;
      request = (Request<Long, Long>) bench.batcher.submit(1L);
    }

    final void turn() {
      loop.get().run();
    }

    final void cancel() {
      request.cancel(false);
    }

    final void expire() {
      expiries.addAndGet(request.expire() ? 1 : 0);
    }

    /** What it ended with, if only one claims to have ended it. */
    final String winner() {
      String outcome = Bench.outcome(request);
      int winners = expiries.get() + bench.given();
      winners += outcome.equals("cancelled") || outcome.equals("closed") ? 1 : 0;
      return winners == 1 ? outcome : outcome + " of " + winners + " winners";
    }
  }

  /** A queue for one, which waits in it. */
  abstract static class Full extends Race {
    private final AtomicReference<Runnable> loop;

    Full() {
      this(new AtomicReference<>());
    }

    private Full(AtomicReference<Runnable> loop) {
      super(
          new Bench(
              Batching.upTo(4).withMaxQueued(1),
              (lane, run) -> {
                if (!loop.compareAndSet(null, run)) {
                  run.run();
                }
              }));
      this.loop = loop;
      offerFirst();
    }

    final void turn() {
      loop.get().run();
    }
  }

  /** The requests of a batch that is large enough for a chain. */
  abstract static class Chain {
    private static final int SIZE = 8;
    private final List<Request<Long, Long>> requests = new ArrayList<>();

    Chain() {
      BatchScheduler<Long, Long> batcher = new Bench(Batching.upTo(SIZE)).batcher;
      for (int i = 0; i < SIZE; i++) {
        requests.add(
            new Request<>(
                batcher.pending(), 1L, CallOptions.DEFAULT, Request.UNSTAMPED, 8, null, true));
      }
    }

    final void answerTwo() {
      RequestBatch<Long, Long> gathered = new RequestBatch<>(requests, new StatsCounter(), () -> 1);
      gathered.complete(0, 1L);
      gathered.complete(1, 1L);
    }

    /** What a caller has to wake who leaves the moment that it is answered. */
    final String leave() {
      Request<Long, Long> own = requests.get(1);
      while (!own.isDone()) {
        Thread.onSpinWait();
      }
      return own.next() == requests.get(0) ? "the one before" : "nobody";
    }
  }
}
