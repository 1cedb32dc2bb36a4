package dev.inproc.inference.internal.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings({"ThreadPriorityCheck", "ImmutableEnumChecker"}) // priorities are what it tests
class LibraryThreadsTest {
  private static final InheritableThreadLocal<String> LOCAL = new InheritableThreadLocal<>();

  /** The threads that there are, each as it runs a task. */
  private enum Kind {
    LANE(task -> new Workers("test", null).turn(new Object(), task)),
    CALLBACK(
        task ->
            new CallbackExecutor(new Workers("test", null), new SystemTimer("test", null))
                .execute(task)),
    TIMER(task -> new SystemTimer("test", null).schedule(task, 1));

    private final Consumer<Runnable> start;

    Kind(Consumer<Runnable> start) {
      this.start = start;
    }

    void run(Runnable task) {
      start.accept(task);
    }
  }

  private record Traits(
      Thread thread,
      int priority,
      @Nullable ClassLoader context,
      @Nullable String local,
      ThreadGroup group) {
    static Traits ofCurrent() {
      Thread self = Thread.currentThread();
      return new Traits(
          self,
          self.getPriority(),
          self.getContextClassLoader(),
          LOCAL.get(),
          self.getThreadGroup());
    }
  }

  @ParameterizedTest
  @EnumSource
  void newThread_peculiarCaller_inheritsNothing(Kind kind) throws Exception {
    CompletableFuture<Traits> traits = new CompletableFuture<>();
    ThreadGroup application = new ThreadGroup("application");
    Thread caller =
        new Thread(
            application,
            () -> {
              LOCAL.set("the first caller's");
              kind.run(() -> traits.complete(Traits.ofCurrent()));
            });
    try (URLClassLoader context = new URLClassLoader(new URL[0])) {
      caller.setContextClassLoader(context);
      caller.setPriority(Thread.MAX_PRIORITY);
      caller.setDaemon(false);
      caller.start();
      Traits found = Await.value(traits);
      assertTrue(found.thread.isDaemon());
      assertEquals(Thread.NORM_PRIORITY, found.priority);
      assertSame(Workers.class.getClassLoader(), found.context);
      assertNull(found.local);
      assertNull(found.group.getParent());
      assertNotSame(application, found.group);
    }
  }

  @Test
  void worker_callbackChangedItsThread_nextTaskFindsItAsNew() {
    Workers workers = new Workers("test", null);
    CompletableFuture<Thread> first = new CompletableFuture<>();
    CompletableFuture<Traits> next = new CompletableFuture<>();
    Workers.modelOpened(); // the idle thread stays
    try {
      workers.turn(
          new Object(),
          () -> {
            Thread self = Thread.currentThread();
            self.setPriority(Thread.MIN_PRIORITY);
            self.setContextClassLoader(null);
            first.complete(self);
          });
      Thread worker = Await.value(first);
      Await.until("the worker to be idle", () -> worker.getState() == Thread.State.TIMED_WAITING);
      workers.turn(new Object(), () -> next.complete(Traits.ofCurrent()));
      assertSame(worker, Await.value(next).thread);
    } finally {
      Workers.modelFreed();
    }
    assertEquals(Thread.NORM_PRIORITY, Await.value(next).priority);
    assertSame(Workers.class.getClassLoader(), Await.value(next).context);
  }
}
