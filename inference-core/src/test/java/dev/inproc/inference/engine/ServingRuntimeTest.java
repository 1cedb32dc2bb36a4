package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.bulk.BulkProgress;
import dev.inproc.inference.bulk.BulkScoring;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Runtimes of their own: their threads, their clock, the context of their callers. */
class ServingRuntimeTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));
  private static final Tensors REQUEST = LedgerModel.request(1);

  /** The threads that something ran on. */
  private final Set<Thread> seen = ConcurrentHashMap.newKeySet();

  private Session session(ServingRuntime runtime) {
    ScriptedModel model = LedgerModel.scalars();
    SessionOptions options =
        SessionOptions.builder().runtime(runtime).integrity(IntegrityOptions.skip()).build();
    return Session.of("scripted", null, List.of(model.replica()), options);
  }

  private void note() {
    seen.add(Thread.currentThread());
  }

  /** Has each kind of the library's threads do something. */
  private void exercise(ServingRuntime runtime) {
    ScriptedModel model = LedgerModel.scalars();
    model.onRun(this::note);
    SessionOptions options =
        SessionOptions.builder().runtime(runtime).integrity(IntegrityOptions.skip()).build();
    try (Session session = Session.of("scripted", null, List.of(model.replica()), options);
        Predictor<Tensors, Tensors> batched =
            session
                .borrowed()
                .with(Batching.upTo(4))
                .with(
                    Codec.of(
                            Tensors.class,
                            x -> x,
                            y -> {
                              note();
                              return y;
                            })
                        .closing(this::note))) {
      for (Predictor<Tensors, Tensors> each : List.of(session, batched)) {
        Await.value(each.submit(REQUEST).thenRun(this::note));
        Await.value(each.submit(REQUEST, MINUTE).whenComplete((value, failure) -> note()));
        Gate gate = model.block();
        CompletableFuture<Tensors> late =
            each.submit(REQUEST, CallOptions.timeout(Duration.ofMillis(1)));
        CompletableFuture<Void> told = late.handle((value, failure) -> null).thenRun(this::note);
        assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
        Await.value(told);
        gate.open();
        model.unblock();
      }
      seen.remove(Thread.currentThread()); // a callback of a future that was done already
    }
  }

  private static Set<String> alive(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(prefix))
        .collect(Collectors.toSet());
  }

  @Test
  void twoRuntimes_shareNoThread_andLeaveNone() {
    try (ServingRuntime one = ServingRuntime.builder("one-rt").build();
        ServingRuntime two = ServingRuntime.builder("two-rt").build()) {
      for (ServingRuntime runtime : List.of(one, two)) {
        seen.clear();
        exercise(runtime);
        String prefix = runtime == one ? "one-rt-" : "two-rt-";
        assertFalse(seen.isEmpty());
        for (Thread thread : seen) {
          assertTrue(thread.getName().startsWith(prefix), thread.toString());
        }
        assertTrue(alive(prefix).contains(prefix + "timer"));
      }
    }
    assertEquals(Set.of(), alive("one-rt-"));
    assertEquals(Set.of(), alive("two-rt-"));
  }

  @Test
  void threadFactory_makesAllThreads() {
    Set<Thread> made = ConcurrentHashMap.newKeySet();
    AtomicInteger count = new AtomicInteger();
    try (ServingRuntime runtime =
        ServingRuntime.builder("unused-rt")
            .threadFactory(
                task -> {
                  Thread thread = new Thread(task, "mine-" + count.incrementAndGet());
                  made.add(thread);
                  return thread;
                })
            .build()) {
      exercise(runtime);
      assertTrue(made.containsAll(seen), seen.toString());
      assertEquals(Set.of(), alive("unused-rt"));
    }
    made.forEach(Await::end);
  }

  /** A pool says that it has ended while its last thread still ends. */
  @Test
  void close_whileAThreadStillEnds_waitsForIt() {
    CountDownLatch mayEnd = new CountDownLatch(1);
    Set<Thread> made = ConcurrentHashMap.newKeySet();
    ServingRuntime runtime =
        ServingRuntime.builder("late-rt")
            .threadFactory(
                task -> {
                  Thread thread =
                      new Thread(
                          () -> {
                            task.run();
                            Await.latch(mayEnd);
                          });
                  made.add(thread);
                  return thread;
                })
            .build();
    exercise(runtime);
    assertFalse(runtime.close(Duration.ofMillis(50)));
    mayEnd.countDown();
    assertTrue(runtime.close(Duration.ofSeconds(10)));
    assertEquals(0, made.stream().filter(Thread::isAlive).count());
  }

  /** What asks whether it runs on a worker must hold for the threads of a user's factory too. */
  @Test
  void threadFactory_callbackThatCloses_doesNotWaitForItself() {
    try (ServingRuntime runtime =
        ServingRuntime.builder("own-rt").threadFactory(Thread::new).build()) {
      Session session = session(runtime);
      CompletableFuture<Void> closed = session.submit(REQUEST).thenRun(session::close);
      Await.value(closed);
      Await.until("the model to be freed", () -> session.close(Duration.ofSeconds(1)));
    }
  }

  @Test
  void callbackExecutor_runsCallbacks_butACallsOwnComesFirst() {
    Set<String> used = ConcurrentHashMap.newKeySet();
    Executor runtimes = task -> new Thread(task, "runtimes").start();
    Executor calls = task -> new Thread(task, "calls").start();
    try (ServingRuntime runtime = ServingRuntime.builder("rt").callbackExecutor(runtimes).build();
        Session session = session(runtime);
        Predictor<Tensors, Tensors> batched = session.borrowed().with(Batching.upTo(2))) {
      for (Predictor<Tensors, Tensors> each : List.of(session, batched)) {
        used.clear();
        Await.value(each.submit(REQUEST).thenRun(() -> used.add(Thread.currentThread().getName())));
        used.remove(Thread.currentThread().getName());
        assertTrue(Set.of("runtimes").containsAll(used), used.toString());
        Await.value(
            each.submit(REQUEST, CallOptions.DEFAULT.withExecutor(calls))
                .thenRun(() -> used.add(Thread.currentThread().getName())));
        used.remove(Thread.currentThread().getName());
        assertTrue(Set.of("runtimes", "calls").containsAll(used), used.toString());
        LedgerModel.check(1, each.predict(REQUEST, MINUTE));
      }
    }
  }

  @Test
  void context_comesToCallbacksDecodersAndExecutors() {
    ThreadLocal<String> tenant = new ThreadLocal<>();
    Set<String> tenants = ConcurrentHashMap.newKeySet();
    try (ServingRuntime runtime =
            ServingRuntime.builder("context-rt")
                .context(
                    () -> {
                      String own = tenant.get();
                      return task ->
                          () -> {
                            String before = tenant.get();
                            tenant.set(own);
                            try {
                              task.run();
                            } finally {
                              tenant.set(before);
                            }
                          };
                    })
                .build();
        Session session = session(runtime)) {
      Predictor<Tensors, String> coded =
          session
              .borrowed()
              .with(Batching.upTo(4))
              .with(Codec.of(Tensors.class, x -> x, y -> String.valueOf(tenant.get())));
      for (int i = 0; i < 200; i++) {
        String own = "tenant " + i;
        tenant.set(own);
        CallOptions options =
            i % 2 == 0
                ? CallOptions.DEFAULT
                : CallOptions.DEFAULT.withExecutor(task -> new Thread(task).start());
        CompletableFuture<String> decoded = coded.submit(REQUEST, options);
        CompletableFuture<String> called =
            session.submit(REQUEST, options).thenApply(x -> String.valueOf(tenant.get()));
        tenant.set("another");
        assertEquals(own, Await.value(decoded));
        String seenIn = Await.value(called);
        // A callback that is attached to a future that is done runs here.
        assertTrue(Set.of(own).contains(seenIn), seenIn + ", not " + own);
        tenants.add(own);
        tenant.remove();
      }
      assertEquals(200, tenants.size());
      coded.close();
    }
  }

  @Test
  void context_thatIsBroken_losesNoOutcome() {
    List<UnaryOperator<Runnable>> broken =
        List.of(
            task -> null,
            task -> {
              throw new IllegalStateException("no wrapper");
            },
            task ->
                () -> {
                  throw new IllegalStateException("before the task");
                },
            task ->
                () -> {
                  task.run();
                  task.run();
                });
    CallOptions ownThread = CallOptions.DEFAULT.withExecutor(task -> new Thread(task).start());
    for (UnaryOperator<Runnable> each : broken) {
      try (ServingRuntime runtime =
              ServingRuntime.builder("broken-rt").context(() -> each).build();
          Session session = session(runtime);
          Predictor<Tensors, Tensors> batched = session.borrowed().with(Batching.upTo(2))) {
        for (Predictor<Tensors, Tensors> layer : List.of(session, batched)) {
          for (CallOptions options : List.of(CallOptions.DEFAULT, MINUTE, ownThread)) {
            LedgerModel.check(1, Await.value(layer.submit(REQUEST, options).thenApply(x -> x)));
          }
        }
      }
    }
  }

  /** A timeout is decided on the timer's thread, which no wrapper may stop. */
  @Test
  void context_thatThrows_doesNotLoseATimeout() {
    ScriptedModel model = LedgerModel.scalars();
    UnaryOperator<Runnable> broken =
        task -> {
          throw new IllegalStateException("no wrapper");
        };
    try (ServingRuntime runtime = ServingRuntime.builder("late-rt").context(() -> broken).build();
        Session session =
            Session.of(
                "scripted",
                null,
                List.of(model.replica()),
                SessionOptions.builder()
                    .runtime(runtime)
                    .integrity(IntegrityOptions.skip())
                    .build())) {
      Gate gate = model.block();
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(1));
      assertInstanceOf(
          DeadlineExceededException.class,
          Await.failure(session.submit(REQUEST, soon).whenComplete((value, failure) -> {})));
      gate.open();
    }
  }

  @Test
  void layer_closedAfterItsRuntime_closesItsResource() {
    AtomicInteger closes = new AtomicInteger();
    ServingRuntime runtime = ServingRuntime.builder("gone-rt").build();
    Session session = session(runtime);
    Predictor<Tensors, Tensors> layers =
        session
            .borrowed()
            .with(Batching.upTo(4))
            .with(Codec.of(Tensors.class, x -> x, y -> y).closing(closes::incrementAndGet));
    LedgerModel.check(1, layers.predict(REQUEST));
    session.close();
    runtime.close();
    layers.close();
    assertEquals(1, closes.get());
  }

  @Test
  void timeSource_firesDeadlines() {
    AtomicLong now = new AtomicLong(1_000);
    ManualScheduler scheduler = new ManualScheduler();
    try (ServingRuntime runtime =
        ServingRuntime.builder("time-rt").timeSource(now::get, scheduler).build()) {
      ScriptedModel model = LedgerModel.scalars();
      SessionOptions options =
          SessionOptions.builder().runtime(runtime).integrity(IntegrityOptions.skip()).build();
      try (Session session = Session.of("scripted", null, List.of(model.replica()), options);
          Predictor<Tensors, Tensors> coded =
              session.borrowed().with(Codec.of(Tensors.class, x -> x, y -> y))) {
        Gate gate = model.block();
        CompletableFuture<Tensors> late =
            coded.submit(REQUEST, CallOptions.timeout(Duration.ofDays(1)));
        gate.awaitEntered(1);
        assertEquals(List.of(Duration.ofDays(1).toNanos()), scheduler.delays);
        scheduler.tasks.get(0).run();
        DeadlineExceededException failure =
            assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
        assertEquals(DeadlineExceededException.Stage.RUNNING, failure.stage());
        Messages.assertSays(failure, "scripted", "the model was running");
        gate.open();
      }
    } finally {
      scheduler.shutdownNow();
    }
  }

  private static final class ManualScheduler extends ScheduledThreadPoolExecutor {
    private final List<Runnable> tasks = new java.util.concurrent.CopyOnWriteArrayList<>();
    private final List<Long> delays = new java.util.concurrent.CopyOnWriteArrayList<>();

    ManualScheduler() {
      super(1);
    }

    @Override
    public java.util.concurrent.ScheduledFuture<?> schedule(
        Runnable task, long delay, java.util.concurrent.TimeUnit unit) {
      tasks.add(task);
      delays.add(unit.toNanos(delay));
      return super.schedule(() -> {}, 0, unit);
    }
  }

  @Test
  void close_withAnOpenModel_isRefused() {
    ServingRuntime runtime = ServingRuntime.builder("open-rt").build();
    Session session = session(runtime);
    Messages.assertSays(
        assertThrows(IllegalStateException.class, runtime::close), "got 1", "open-rt");
    LedgerModel.check(1, session.predict(REQUEST));
    session.close();
    runtime.close();
    runtime.close();
    Messages.assertSays(
        assertThrows(IllegalStateException.class, () -> session(runtime)), "open-rt", "closed");
    CompletableFuture<BulkProgress> late =
        BulkScoring.inOrder()
            .start(session, List.of(REQUEST).iterator(), (index, row, answer) -> {});
    assertInstanceOf(PredictorClosedException.class, Await.failure(late));
    assertThrows(
        PredictorClosedException.class,
        () ->
            BulkScoring.inOrder()
                .withParallelism(2)
                .run(session, List.of(REQUEST).iterator(), (index, row, answer) -> {}));
    assertThrows(IllegalStateException.class, () -> ServingRuntime.shared().close());
  }
}
