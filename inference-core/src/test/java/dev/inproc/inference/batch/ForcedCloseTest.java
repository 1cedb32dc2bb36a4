package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ForcedCloseTest {
  /** A batch runs until the test ends it; a caller that is inside leaves when it is stopped. */
  private static final class Stuck implements BatchPredictor<Long, Long> {
    final CountDownLatch batchIn = new CountDownLatch(1);
    final CountDownLatch batchMayEnd = new CountDownLatch(1);
    final CountDownLatch callerIn = new CountDownLatch(1);
    final CountDownLatch closed = new CountDownLatch(1);
    final AtomicInteger closes = new AtomicInteger();

    @Override
    public void run(Batch<Long, Long> batch) {
      batchIn.countDown();
      Await.latch(batchMayEnd);
      batch.complete(0, 1L);
    }

    @Override
    public Long predict(Long input, CallOptions options) {
      callerIn.countDown();
      Await.latch(closed);
      throw new PredictorClosedException("stuck");
    }

    @Override
    public List<Long> predictAll(List<Long> inputs, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Long> submit(Long input, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public BatchTraits<Long> traits() {
      return new BatchTraits<>() {
        @Override
        public void check(Long input) {}

        @Override
        public long bytes(Long input) {
          return 8;
        }

        @Override
        public int maxBatchSize() {
          return 1;
        }
      };
    }

    @Override
    public void close() {
      closes.incrementAndGet();
      Await.latch(closed); // waits for its callers, and stops none
    }

    @Override
    public boolean close(Duration timeout) {
      closes.incrementAndGet();
      closed.countDown();
      return true;
    }
  }

  /** The batch does not stop in time, so the model is left alone at first. */
  @Test
  void closeByForce_underABatchAndACaller_releasesTheCallerWhenTheBatchEnds() {
    Stuck model = new Stuck();
    BatchingPredictor<Long, Long> batcher = Batching.upTo(8).decorate(model);
    CompletableFuture<Long> batched = batcher.submit(1L);
    Await.latch(model.batchIn);
    CompletableFuture<Throwable> caller = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                batcher.predict(2L);
              } catch (RuntimeException e) {
                caller.complete(e);
              }
            });
    thread.start();
    Await.latch(model.callerIn);

    assertFalse(batcher.close(Duration.ZERO));
    assertEquals(0, model.closes.get()); // a batch runs in it
    assertTrue(Await.failure(batched) instanceof PredictorClosedException);
    model.batchMayEnd.countDown();

    assertTrue(Await.value(caller) instanceof PredictorClosedException);
    Await.end(thread);
    assertTrue(batcher.close(Duration.ofSeconds(5)));
    assertEquals(1, model.closes.get());
  }
}
