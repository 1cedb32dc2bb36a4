package dev.inproc.inference.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.VirtualThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CallRecorderTest {
  private static final Outcome[] OUTCOMES = Outcome.values();

  private final CallRecorder recorder = new CallRecorder();

  private void end(long call) {
    Outcome outcome = OUTCOMES[(int) (call % OUTCOMES.length)];
    if (outcome == Outcome.ANSWERED) {
      recorder.answered(call, 1);
    } else {
      recorder.end(outcome, 1);
    }
  }

  /** Far more threads than slots, platform and virtual; a call ends on another thread. */
  @Test
  void calls_ofManyThreads_endingElsewhere_addUpInEverySnapshot() {
    int pairs = 80;
    long each = 3_500; // of each outcome 500
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      BlockingQueue<Long> begun = new ArrayBlockingQueue<>(16);
      Runnable caller =
          () -> {
            for (long call = 0; call < each; call++) {
              recorder.begin(1);
              put(begun, call);
            }
          };
      Runnable ender =
          () -> {
            for (long call = 0; call < each; call++) {
              end(take(begun));
            }
          };
      threads.add(i % 4 == 0 ? VirtualThreads.unstarted(caller) : new Thread(caller));
      threads.add(i % 3 == 0 ? VirtualThreads.unstarted(ender) : new Thread(ender));
    }
    AtomicBoolean done = new AtomicBoolean();
    List<String> wrong = new ArrayList<>();
    Thread reader =
        new Thread(
            () -> {
              long ended = 0;
              while (!done.get()) {
                CallMetrics now = recorder.snapshot();
                if (now.inFlight() < 0 || now.allEnded() < ended) {
                  wrong.add(now.begun() + " begun, " + now.ended());
                }
                ended = now.allEnded();
              }
            });
    reader.start();
    threads.forEach(Thread::start);
    threads.forEach(Await::end);
    done.set(true);
    Await.end(reader);

    CallMetrics all = recorder.snapshot();
    assertEquals(List.of(), wrong);
    assertEquals(pairs * each, all.begun());
    for (Outcome outcome : OUTCOMES) {
      assertEquals(pairs * each / OUTCOMES.length, all.count(outcome), outcome.name());
    }
    assertEquals(0, all.inFlight());
    assertEquals(pairs * each / OUTCOMES.length, all.latencyNanos().count());
  }

  private static void put(BlockingQueue<Long> queue, long call) {
    try {
      queue.put(call);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static long take(BlockingQueue<Long> queue) {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** One after another: their slots are taken over, and nothing that they counted is lost. */
  @Test
  void threadsThatEnd_leaveTheirCounts() {
    for (int i = 0; i < 1_000; i++) {
      Thread thread =
          new Thread(
              () -> {
                recorder.begin(2);
                recorder.answered(100, 1);
                recorder.end(Outcome.FAILED, 1);
              });
      thread.start();
      Await.end(thread);
    }
    CallMetrics all = recorder.snapshot();
    assertEquals(2_000, all.begun());
    assertEquals(1_000, all.count(Outcome.ANSWERED));
    assertEquals(1_000, all.count(Outcome.FAILED));
    assertEquals(100, all.latencyNanos().max());
  }

  @Test
  void end_withAnAnswer_isRefused() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> recorder.end(Outcome.ANSWERED, 1));
    assertTrue(e.getMessage().contains("answered()"));
  }

  @Test
  void merge_ofTwo_equalsOneThatCountedAll() {
    CallRecorder other = new CallRecorder();
    CallRecorder both = new CallRecorder();
    for (CallRecorder each : List.of(recorder, both)) {
      each.begin(3);
      each.answered(5_000, 2);
    }
    for (CallRecorder each : List.of(other, both)) {
      each.begin(1);
      each.end(Outcome.EXPIRED, 1);
    }
    assertEquals(both.snapshot(), recorder.snapshot().merge(other.snapshot()));
  }
}
