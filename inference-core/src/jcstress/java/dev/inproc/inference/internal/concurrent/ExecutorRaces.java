package dev.inproc.inference.internal.concurrent;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Tasks queued while a drainer of {@link CallbackExecutor} ends or the timer looks: none is left. */
public class ExecutorRaces {
  private ExecutorRaces() {}

  /** An executor whose timer is turned by hand. */
  abstract static class Bench {
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static volatile boolean hasFailed; // not again and again so long

    private final Queue<Runnable> looks = new ConcurrentLinkedQueue<>();
    final CallbackExecutor executor =
        new CallbackExecutor(
            Workers.shared(),
            new Timer() {
              @Override
              public long nanoTime() {
                return 0;
              }

              @Override
              public Scheduled schedule(Runnable task, long delayNanos) {
                looks.add(task);
                return () -> looks.remove(task);
              }
            });

    /** The timer looks at the queue, if it is to. */
    final void look() {
      Runnable look = looks.poll();
      if (look != null) {
        look.run();
      }
    }

    /** Waits for tasks; the timer looks as often as it is told to, if it may. */
    final String await(CountDownLatch tasks, boolean mayLook) {
      long end = System.nanoTime() + (hasFailed ? STUCK_NANOS / 500 : STUCK_NANOS);
      while (tasks.getCount() > 0) {
        if (System.nanoTime() - end > 0) {
          hasFailed = true;
          return tasks.getCount() + " left behind";
        }
        if (mayLook) {
          look();
        }
        LockSupport.parkNanos(1_000);
      }
      return "all ran";
    }
  }

  /** Queueing against a drainer that finds the queue empty and ends; the timer never looks. */
  @JCStressTest
  @Outcome(id = "all ran", expect = ACCEPTABLE, desc = "By one drainer or by two.")
  @State
  public static class QueueQueue extends Bench {
    private final CountDownLatch tasks = new CountDownLatch(4);

    /** Queues two. */
    @Actor
    public void one() {
      executor.execute(tasks::countDown);
      executor.execute(tasks::countDown);
    }

    /** So does another. */
    @Actor
    public void two() {
      executor.execute(tasks::countDown);
      executor.execute(tasks::countDown);
    }

    /** Looks. */
    @Arbiter
    public void arbiter(L_Result r) {
      r.r1 = await(tasks, false);
    }
  }

  /** Queueing behind a blocked callback, against the timer that finds the queue empty. */
  @JCStressTest
  @Outcome(id = "all ran", expect = ACCEPTABLE, desc = "By a drainer that the timer adds.")
  @State
  public static class QueueLook extends Bench {
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CountDownLatch task = new CountDownLatch(1);

    /** Blocks the only drainer. */
    public QueueLook() {
      CountDownLatch entered = new CountDownLatch(1);
      executor.execute(
          () -> {
            entered.countDown();
            Latches.await(goOn, Durations.FOREVER);
          });
      Latches.await(entered, Durations.FOREVER);
    }

    /** Queues one. */
    @Actor
    public void caller() {
      executor.execute(task::countDown);
    }

    /** The timer looks. */
    @Actor
    public void timer() {
      look();
    }

    /** Looks. */
    @Arbiter
    public void arbiter(L_Result r) {
      r.r1 = await(task, true);
      goOn.countDown();
    }
  }
}
