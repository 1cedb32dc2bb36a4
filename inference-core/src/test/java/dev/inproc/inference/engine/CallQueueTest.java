package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CallQueueTest {
  private static final CallOptions FAIL = CallOptions.DEFAULT;
  private static final CallOptions WAIT = FAIL.withOverload(CallOptions.Overload.WAIT);

  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger mostActive = new AtomicInteger();
  private final List<Integer> order = Collections.synchronizedList(new ArrayList<>());

  private static CallQueue queue(int parallelism, int capacity) {
    return new CallQueue(Workers.shared(), parallelism, capacity, () -> 8_000_000);
  }

  /** A call that notes when it runs and waits until it may end. */
  private final class Held extends CallQueue.Entry<Integer, Integer> {
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CompletableFuture<Thread> worker = new CompletableFuture<>();

    Held(CallQueue queue, int number, CallOptions options) {
      super(queue, number, options);
    }

    @Override
    boolean execute() {
      worker.complete(Thread.currentThread());
      mostActive.accumulateAndGet(active.incrementAndGet(), Math::max);
      order.add(input());
      started.countDown();
      Await.latch(release);
      active.decrementAndGet();
      answer(input());
      return true;
    }

    Thread worker() {
      return Await.value(worker);
    }

    @Override
    void left() {
      left.incrementAndGet();
    }
  }

  private List<Held> offer(CallQueue queue, int count, CallOptions options) {
    List<Held> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Held call = new Held(queue, i, options);
      assertNull(queue.offer(call));
      calls.add(call);
    }
    return calls;
  }

  @Test
  void calls_many_runInOrderAndNeverMoreThanTheBound() {
    List<Held> calls = offer(queue(1, 100), 20, FAIL);
    calls.forEach(call -> call.release.countDown());
    for (int i = 0; i < 20; i++) {
      assertEquals(i, Await.value(calls.get(i)));
      assertEquals(i, order.get(i));
    }
    assertEquals(1, mostActive.get());
    Await.until("all to leave", () -> left.get() == 20);
  }

  @Test
  void priorities_takeTurns_andNoneStarves() {
    CallQueue queue = queue(1, 100);
    Held running = offer(queue, 1, FAIL).get(0);
    Await.latch(running.started);
    List<Held> calls = new ArrayList<>();
    for (int i = 0; i < 27; i++) {
      CallOptions options =
          FAIL.withPriority(List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH).get(i % 3));
      Held call = new Held(queue, 100 * (1 + i % 3) + i / 3, options);
      assertNull(queue.offer(call));
      calls.add(call);
    }
    calls.add(running);
    calls.forEach(call -> call.release.countDown());
    calls.forEach(Await::value);
    List<Integer> first = order.subList(1, 12);
    long high = first.stream().filter(number -> number / 100 == 3).count();
    long normal = first.stream().filter(number -> number / 100 == 2).count();
    long low = first.stream().filter(number -> number / 100 == 1).count();
    assertTrue(high > normal && normal > low && low > 0, order.toString());
    for (int rank = 1; rank <= 3; rank++) {
      int own = rank;
      List<Integer> inOrder = order.stream().skip(1).filter(each -> each / 100 == own).toList();
      assertEquals(inOrder.stream().sorted().toList(), inOrder);
    }
  }

  @Test
  void parallelism_ofThree_isUsedAndNotExceeded() {
    List<Held> calls = offer(queue(3, 100), 9, FAIL);
    for (int i = 0; i < 3; i++) {
      Await.latch(calls.get(i).started);
    }
    assertEquals(3, active.get());
    calls.forEach(call -> call.release.countDown());
    calls.forEach(Await::value);
    assertEquals(3, mostActive.get());
  }

  @Test
  void withdrawn_callNeverRunsAndFreesItsPlace() {
    CallQueue queue = queue(1, 2);
    Held running = offer(queue, 1, FAIL).get(0);
    Await.latch(running.started);
    List<Held> waiting = offer(queue, 2, FAIL);
    assertNotNull(queue.offer(new Held(queue, 9, FAIL)));
    assertTrue(waiting.get(0).cancel(false));
    assertEquals(1, left.get());
    Held next = offer(queue, 1, FAIL).get(0);
    for (Held call : List.of(running, waiting.get(1), next)) {
      call.release.countDown();
      Await.value(call);
    }
    assertEquals(3, order.size());
    Await.until("all to leave, once each", () -> left.get() == 4);
  }

  @Test
  void overload_fail_tellsCapacityAndWhenToComeBack() {
    CallQueue queue = queue(2, 4);
    List<Held> running = offer(queue, 2, FAIL);
    running.forEach(call -> Await.latch(call.started));
    List<Held> waiting = offer(queue, 4, FAIL);
    OverloadedException refusal =
        assertInstanceOf(OverloadedException.class, queue.offer(new Held(queue, 9, FAIL)));
    assertEquals(4, refusal.capacity());
    // Four wait, two run at once, 8 ms each.
    assertEquals(Duration.ofMillis(16), refusal.retryAfter());
    assertEquals(0, refusal.getStackTrace().length);
    List<Held> patient = offer(queue, 1, WAIT); // outside
    for (List<Held> some : List.of(running, waiting, patient)) {
      some.forEach(call -> call.release.countDown());
      some.forEach(Await::value);
    }
  }

  @Test
  void overload_wait_isOutsideTheLane_firstComeFirstServed() {
    CallQueue queue = queue(1, 4);
    Held running = offer(queue, 1, FAIL).get(0);
    Await.latch(running.started);
    List<Held> patient = offer(queue, 20, WAIT);
    Held beside = new Held(queue, 99, FAIL);
    assertNull(queue.offer(beside), "waiting calls leave a quarter of the room");
    assertNotNull(queue.offer(new Held(queue, 9, FAIL)), "and no more");
    Held gone = patient.get(5);
    assertTrue(gone.cancel(false));
    assertEquals(1, left.get());
    running.release.countDown();
    beside.release.countDown();
    patient.forEach(call -> call.release.countDown());
    Await.until("all to leave", () -> left.get() == 22);
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      if (i != 5) {
        expected.add(i);
      }
    }
    List<Integer> served = new ArrayList<>(order.subList(1, order.size()));
    assertTrue(served.remove((Integer) 99));
    assertEquals(expected, served);
  }

  @Test
  void overload_higherClass_takesTheNewestPlaceOfTheLowest() {
    CallQueue queue = queue(1, 3);
    Held running = offer(queue, 1, FAIL).get(0);
    Await.latch(running.started);
    CallOptions low = FAIL.withPriority(Priority.LOW);
    Held normal = offer(queue, 1, FAIL).get(0);
    List<Held> lows = offer(queue, 2, low);
    assertNotNull(queue.offer(new Held(queue, 9, low)));
    Held high = new Held(queue, 10, FAIL.withPriority(Priority.HIGH));
    assertNull(queue.offer(high));
    assertInstanceOf(OverloadedException.class, Await.failure(lows.get(1)));
    List<Held> admitted = List.of(running, normal, lows.get(0), high);
    admitted.forEach(call -> call.release.countDown());
    admitted.forEach(Await::value);
    Await.until("all to leave", () -> left.get() == 5);
  }

  /** A list leaves the worker to others after each of its runs. */
  @Test
  void listInParts_aSingleCallGoesBetween() {
    CallQueue queue = queue(1, 1);
    CountDownLatch singleIsIn = new CountDownLatch(1);
    CallQueue.Entry<Integer, Integer> list =
        new CallQueue.Entry<>(queue, 1, FAIL) {
          private int parts = 10;

          @Override
          boolean execute() {
            Await.latch(singleIsIn);
            order.add(100 + parts);
            if (--parts > 0) {
              return false;
            }
            return answer(7);
          }

          @Override
          void left() {
            left.incrementAndGet();
          }
        };
    assertNull(queue.offer(list));
    Await.until("it runs", () -> queue.offer(new Held(queue, 0, FAIL)) == null);
    singleIsIn.countDown();
    Await.until("the single runs", () -> order.contains(0));
    assertEquals(List.of(110, 0), order.subList(0, 2));
    queue.abandon(new PredictorClosedException("queue")); // while it is between two parts
    assertInstanceOf(PredictorClosedException.class, Await.failure(list));
    Await.until("it leaves", () -> left.get() >= 1);
  }

  @Test
  void abandon_waitingAndRunning_areAllReleased() {
    CallQueue queue = queue(1, 10);
    List<Held> calls = offer(queue, 3, FAIL);
    Await.latch(calls.get(0).started);
    queue.abandon(new PredictorClosedException("queue"));
    calls.forEach(call -> assertInstanceOf(PredictorClosedException.class, Await.failure(call)));
    Await.until("the waiting calls to leave", () -> left.get() == 2);
    calls.get(0).release.countDown();
    Await.until("the running call to leave", () -> left.get() == 3);
    assertEquals(List.of(0), order);
  }

  @Test
  void abandon_callsWaiting_areNotRun() {
    CallQueue queue = queue(1, 10);
    List<Held> calls = offer(queue, 3, FAIL);
    Await.latch(calls.get(0).started);
    queue.abandon(new PredictorClosedException("queue"));
    calls.forEach(call -> call.release.countDown());
    Await.until("the running call to leave", () -> left.get() >= 1);
    Await.blocked(calls.get(0).worker()); // idle again
    assertEquals(List.of(0), order);
    assertInstanceOf(PredictorClosedException.class, Await.failure(calls.get(1)));
    assertInstanceOf(PredictorClosedException.class, Await.failure(calls.get(2)));
    Await.until("all to leave", () -> left.get() == 3);
  }

  /** One that was admitted before the session closed may come to the queue after it was cleared. */
  @Test
  void offer_afterAbandon_isRefusedOrEnds() {
    CallQueue queue = queue(1, 10);
    queue.abandon(new PredictorClosedException("queue"));
    Held late = new Held(queue, 1, FAIL);
    late.release.countDown();
    Object refusal = queue.offer(late);
    if (refusal == null) {
      assertInstanceOf(PredictorClosedException.class, Await.failure(late));
      Await.until("it to leave", () -> left.get() == 1);
    }
    assertEquals(List.of(), order);
  }

  @Test
  void offer_ofACallGoneAlready_isNotRunAndLeaves() {
    CallQueue queue = queue(1, 10);
    CallQueue.Entry<Integer, Integer> gone =
        new CallQueue.Entry<>(queue, 1, FAIL) {
          @Override
          boolean execute() {
            if (!isDone()) {
              order.add(input());
            }
            return true;
          }

          @Override
          void left() {
            left.incrementAndGet();
          }
        };
    assertTrue(gone.cancel(false));
    assertNull(queue.offer(gone));
    Await.until("it to leave", () -> left.get() == 1);
    assertEquals(List.of(), order);
  }
}
