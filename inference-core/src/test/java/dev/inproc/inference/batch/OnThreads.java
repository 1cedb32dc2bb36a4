package dev.inproc.inference.batch;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;

/** A model that completes the calls of a batch, or fails them, from several threads at once. */
record OnThreads(BatchPredictor<Long, Long> inner) implements BatchPredictor<Long, Long> {
  private static final int THREADS = 4;

  @Override
  public void run(Batch<Long, Long> batch) {
    List<Runnable> ends = new ArrayList<>();
    inner.run(new Later(batch, ends));
    Phaser meet = new Phaser(THREADS);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int first = i;
      threads.add(
          new Thread(
              () -> {
                for (int end = first; end < ends.size(); end += THREADS) {
                  meet.arriveAndAwaitAdvance(); // or they would hardly meet
                  ends.get(end).run();
                }
                meet.arriveAndDeregister();
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private record Later(Batch<Long, Long> batch, List<Runnable> ends) implements Batch<Long, Long> {
    @Override
    public int size() {
      return batch.size();
    }

    @Override
    public Long input(int index) {
      return batch.input(index);
    }

    @Override
    public boolean isGone(int index) {
      return batch.isGone(index);
    }

    @Override
    public boolean complete(int index, Long output) {
      return ends.add(() -> batch.complete(index, output));
    }

    @Override
    public boolean fail(int index, Throwable failure) {
      return ends.add(() -> batch.fail(index, failure));
    }

    @Override
    public Cancellation watch(int[] indexes) {
      return batch.watch(indexes);
    }
  }

  @Override
  public BatchTraits<Long> traits() {
    return inner.traits();
  }

  @Override
  public Long predict(Long input, CallOptions options) {
    return inner.predict(input, options);
  }

  @Override
  public List<Long> predictAll(List<Long> inputs, CallOptions options) {
    return inner.predictAll(inputs, options);
  }

  @Override
  public CompletableFuture<Long> submit(Long input, CallOptions options) {
    return inner.submit(input, options);
  }

  @Override
  public void close() {
    inner.close();
  }
}
