package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Many callers at once, callbacks, executors, virtual threads: to each its own answer. */
interface CallsContract extends Contract {
  private static Tensors id(long id) {
    return Tensors.of("id", Tensor.of(Shape.scalar(), id));
  }

  private static void check(long id, Tensors answer) {
    Tensor expected = Tensor.of(Shape.scalar(), id * 1_000_003 + 7);
    if (!expected.equals(answer.get("answer"))) {
      throw new AssertionError("Id " + id + " got " + answer.get("answer").getLong(0));
    }
  }

  /** Invariant I2, on a real model: the answer is f(id), for every caller and way to ask. */
  @Test
  default void ledger_eightCallersInEveryWay_getTheirOwnAnswers() throws InterruptedException {
    long seed = 8;
    System.out.println("Ledger, seed " + seed);
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    SessionOptions.Builder options = SessionOptions.builder().parallelism(2);
    try (Session session = load(models().ledger(), options)) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Random random = new Random(seed + t);
        int way = t % 4;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    for (int i = 0; i < 400; i++) {
                      ask(session, way, random.longs(5, 0, 1L << 40).toArray());
                    }
                  } catch (Throwable failure) {
                    wrong.add(failure);
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(List.of(), List.copyOf(wrong));
  }

  private static void ask(Session session, int way, long[] ids) {
    switch (way) {
      case 0 -> LongStream.of(ids).forEach(id -> check(id, session.predict(id(id))));
      case 1 -> {
        List<CompletableFuture<Tensors>> futures =
            LongStream.of(ids).mapToObj(id -> session.submit(id(id))).toList();
        for (int i = 0; i < ids.length; i++) {
          check(ids[i], Await.value(futures.get(i)));
        }
      }
      case 2 -> {
        List<Tensors> inputs = LongStream.of(ids).mapToObj(CallsContract::id).toList();
        List<Tensors> answers = session.predictAll(inputs);
        for (int i = 0; i < ids.length; i++) {
          check(ids[i], answers.get(i));
        }
      }
      default -> {
        Tensors raw = session.runRaw(Tensors.of("id", Tensor.of(ids)));
        for (int i = 0; i < ids.length; i++) {
          assertEquals(ids[i] * 1_000_003 + 7, raw.get("answer").getLong(i));
        }
      }
    }
  }

  @Test
  default void callback_thatPredictsAndSubmits_isAnswered() {
    try (Session session = load(models().ledger())) {
      for (long i = 0; i < 50; i++) {
        long id = i;
        CompletableFuture<Tensors> chained =
            session
                .submit(id(id))
                .thenApply(
                    answer -> {
                      check(id, answer);
                      return session.predict(id(id + 1));
                    })
                .thenCompose(
                    answer -> {
                      check(id + 1, answer);
                      return session.submit(id(id + 2));
                    });
        check(id + 2, Await.value(chained));
      }
    }
  }

  @Test
  default void executor_ofTheOptions_completesTheFuture() {
    AtomicInteger tasks = new AtomicInteger();
    Executor executor =
        task -> {
          tasks.incrementAndGet();
          new Thread(task, "named").start();
        };
    CallOptions options = CallOptions.DEFAULT.withExecutor(executor);
    try (Session session = load(models().ledger())) {
      check(1, Await.value(session.submit(id(1), options)));
      assertEquals(1, tasks.get());
    }
  }

  @Test
  default void virtualThreads_thatPredict_areAnswered() throws Exception {
    Method start = startVirtualThread();
    if (start == null) {
      skip("Java " + Runtime.version().feature() + " has no virtual threads");
      return;
    }
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    CountDownLatch done = new CountDownLatch(500);
    try (Session session = load(models().ledger())) {
      for (long i = 0; i < 500; i++) {
        long id = i;
        Runnable caller =
            () -> {
              try {
                check(id, session.predict(id(id)));
                check(id, session.predictAll(List.of(id(id))).get(0));
              } catch (Throwable failure) {
                wrong.add(failure);
              } finally {
                done.countDown();
              }
            };
        Object unused = start.invoke(null, caller);
      }
      Await.latch(done);
    }
    assertEquals(List.of(), List.copyOf(wrong));
  }

  private static @Nullable Method startVirtualThread() {
    try {
      return Thread.class.getMethod("startVirtualThread", Runnable.class);
    } catch (NoSuchMethodException e) {
      return null;
    }
  }
}
