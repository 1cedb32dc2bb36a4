package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.Reachable;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** A future that is done, however it came to that, does not hold its request. */
class ReleasedInputsTest {
  private final Reachable requests = new Reachable();
  private final LedgerEngine engine = new LedgerEngine();

  /** An id that is an object of its own, since small ones are shared. */
  private Long id() {
    return requests.watch(ThreadLocalRandom.current().nextLong(1L << 32, Long.MAX_VALUE));
  }

  private List<CompletableFuture<Long>> submit(BatchFixture f, int count, CallOptions options) {
    List<CompletableFuture<Long>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      futures.add(f.batcher.submit(id(), options));
    }
    return futures;
  }

  private void assertReleased(List<CompletableFuture<Long>> futures) {
    futures.forEach(future -> assertTrue(future.isDone()));
    try {
      requests.awaitNone("requests");
    } finally {
      Reference.reachabilityFence(futures);
    }
  }

  private BatchFixture fixture(Batching batching) {
    engine.recordNothing();
    return new BatchFixture(batching, engine);
  }

  @Test
  void queued_isHeldByItsFuture() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      var futures = submit(f, 3, CallOptions.DEFAULT);
      assertEquals(3, requests.count());
      f.turn();
      assertReleased(futures);
    }
  }

  @Test
  void answered_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      var futures = submit(f, 9, CallOptions.DEFAULT);
      f.turn();
      assertReleased(futures);
    }
  }

  @Test
  void answeredByWayOfAnExecutor_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      var futures = submit(f, 3, CallOptions.DEFAULT.withExecutor(Runnable::run));
      f.turn();
      futures.forEach(Await::value);
      assertReleased(futures);
    }
  }

  @Test
  void failedTogetherAndFoundOutAlone_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      for (int i = 0; i < 3; i++) {
        engine.failNext(new EngineException("once", null));
      }
      var futures = submit(f, 4, CallOptions.DEFAULT);
      f.turn();
      assertReleased(futures);
    }
  }

  @Test
  void failedByASystemicFailureOrForgotten_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      engine.failNext(EngineException.systemic("the device is gone", null));
      var futures = submit(f, 4, CallOptions.DEFAULT);
      f.turn();
      engine.forget(2);
      futures.addAll(submit(f, 4, CallOptions.DEFAULT));
      f.turn();
      assertReleased(futures);
    }
  }

  @Test
  void withdrawnOrExpiredWhileItWaits_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      var futures = submit(f, 3, CallOptions.timeout(Duration.ofMillis(5)));
      futures.addAll(submit(f, 3, CallOptions.DEFAULT));
      futures.get(3).cancel(false);
      futures.get(4).complete(1L);
      futures.get(5).obtrudeValue(2L);
      f.timer.advance(Duration.ofMillis(6).toNanos());
      futures.forEach(future -> Await.until("the end", future::isDone));
      f.batcher.pending().held(); // the queue drops what has left when it is next looked through
      f.turn();
      assertReleased(futures);
    }
  }

  @Test
  void refused_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4).withMaxQueued(1))) {
      var waiting = submit(f, 1, CallOptions.DEFAULT);
      var futures = submit(f, 2, CallOptions.DEFAULT);
      f.turn();
      futures.addAll(waiting);
      assertReleased(futures);
      assertTrue(f.batcher.close(Duration.ofSeconds(5)));
      assertReleased(submit(f, 2, CallOptions.DEFAULT));
    }
  }

  @Test
  void failedByABoundedClose_isReleased() {
    try (BatchFixture f = fixture(Batching.upTo(4))) {
      var futures = submit(f, 6, CallOptions.DEFAULT);
      f.batcher.pending().refuseAll(new IllegalStateException("closing"));
      assertReleased(futures);
      f.turn();
    }
  }
}
