package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.stress.LedgerStress;
import dev.inproc.inference.testing.stress.Ticket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Invariants I1 to I4 under everything at once. {@code -Dinproc.stress.calls=100000000} for all.
 */
class BatchSchedulerLedgerTest {
  private static final long CALLS = Long.getLong("inproc.stress.calls", 400_000);
  private static final long SEED =
      Long.getLong("inproc.stress.seed", ThreadLocalRandom.current().nextLong());

  /** The timer of the process, with a count of what waits. */
  private static final class CountedTimer implements Timer {
    private final AtomicLong pending = new AtomicLong();

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public Scheduled schedule(Runnable task, long delayNanos) {
      pending.incrementAndGet();
      AtomicBoolean over = new AtomicBoolean();
      Scheduled scheduled =
          Timer.system()
              .schedule(
                  () -> {
                    task.run();
                    end(over);
                  },
                  delayNanos);
      return () -> {
        scheduled.cancel();
        end(over);
      };
    }

    private void end(AtomicBoolean over) {
      if (over.compareAndSet(false, true)) {
        pending.decrementAndGet();
      }
    }
  }

  private static final class Ledger implements LedgerStress.Subject<Long> {
    @SuppressWarnings({"removal", "BoxedPrimitiveConstructor"})
    private final Long foreign = new Long(-1); // alone of its identity

    private final CountedTimer timer;

    Ledger(CountedTimer timer) {
      this.timer = timer;
    }

    @Override
    public BatchPredictor<Ticket, Long> model(LedgerStress.Maker<Long> maker) {
      LedgerEngine engine = new LedgerEngine();
      engine.recordNothing();
      return maker.around(engine, Ticket::id);
    }

    @Override
    public BatchingPredictor<Ticket, Long> batcher(
        BatchPredictor<Ticket, Long> model, Batching batching) {
      return new BatchScheduler<>(model, batching, timer, Workers.shared()::turn);
    }

    @Override
    public boolean isAnswer(long id, Long answer) {
      return answer == LedgerModel.f(id);
    }

    @Override
    public Long foreign() {
      return foreign;
    }
  }

  @Test
  void everything_atOnce_violatesNoInvariant() {
    CountedTimer timer = new CountedTimer();
    new LedgerStress<>(new Ledger(timer), timer.pending::get).run(CALLS, SEED);
  }
}
