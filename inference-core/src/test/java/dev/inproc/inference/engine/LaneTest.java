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

class LaneTest {
  private static final CallOptions FAIL = CallOptions.DEFAULT;
  private static final CallOptions WAIT = FAIL.withOverload(CallOptions.Overload.WAIT);

  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger mostActive = new AtomicInteger();
  private final List<Integer> order = Collections.synchronizedList(new ArrayList<>());

  private static Lane lane(int parallelism, int capacity) {
    return new Lane(Workers.shared(), parallelism, capacity, () -> 8_000_000);
  }

  /** A call that notes when it runs and waits until it may end. */
  private final class Held extends Lane.Entry<Integer, Integer> {
    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CompletableFuture<Thread> worker = new CompletableFuture<>();

    Held(Lane lane, int number, CallOptions options) {
      super(lane, number, options);
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

  private List<Held> offer(Lane lane, int count, CallOptions options) {
    List<Held> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Held call = new Held(lane, i, options);
      assertNull(lane.offer(call));
      calls.add(call);
    }
    return calls;
  }

  @Test
  void calls_many_runInOrderAndNeverMoreThanTheBound() {
    List<Held> calls = offer(lane(1, 100), 20, FAIL);
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
    Lane lane = lane(1, 100);
    Held running = offer(lane, 1, FAIL).get(0);
    Await.latch(running.started);
    List<Held> calls = new ArrayList<>();
    for (int i = 0; i < 27; i++) {
      CallOptions options =
          FAIL.withPriority(List.of(Priority.LOW, Priority.NORMAL, Priority.HIGH).get(i % 3));
      Held call = new Held(lane, 100 * (1 + i % 3) + i / 3, options);
      assertNull(lane.offer(call));
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
    List<Held> calls = offer(lane(3, 100), 9, FAIL);
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
    Lane lane = lane(1, 2);
    Held running = offer(lane, 1, FAIL).get(0);
    Await.latch(running.started);
    List<Held> waiting = offer(lane, 2, FAIL);
    assertNotNull(lane.offer(new Held(lane, 9, FAIL)));
    assertTrue(waiting.get(0).cancel(false));
    assertEquals(1, left.get());
    Held next = offer(lane, 1, FAIL).get(0);
    for (Held call : List.of(running, waiting.get(1), next)) {
      call.release.countDown();
      Await.value(call);
    }
    assertEquals(3, order.size());
    Await.until("all to leave, once each", () -> left.get() == 4);
  }

  @Test
  void overload_fail_tellsCapacityAndWhenToComeBack() {
    Lane lane = lane(2, 4);
    List<Held> running = offer(lane, 2, FAIL);
    running.forEach(call -> Await.latch(call.started));
    List<Held> waiting = offer(lane, 4, FAIL);
    OverloadedException refusal =
        assertInstanceOf(OverloadedException.class, lane.offer(new Held(lane, 9, FAIL)));
    assertEquals(4, refusal.capacity());
    // Four wait, two run at once, 8 ms each.
    assertEquals(Duration.ofMillis(16), refusal.retryAfter());
    assertEquals(0, refusal.getStackTrace().length);
    List<Held> patient = offer(lane, 1, WAIT); // outside
    for (List<Held> some : List.of(running, waiting, patient)) {
      some.forEach(call -> call.release.countDown());
      some.forEach(Await::value);
    }
  }

  @Test
  void overload_wait_isOutsideTheLane_firstComeFirstServed() {
    Lane lane = lane(1, 4);
    Held running = offer(lane, 1, FAIL).get(0);
    Await.latch(running.started);
    List<Held> patient = offer(lane, 20, WAIT);
    Held beside = new Held(lane, 99, FAIL);
    assertNull(lane.offer(beside), "those who wait leave a quarter of the room");
    assertNotNull(lane.offer(new Held(lane, 9, FAIL)), "and no more");
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
    Lane lane = lane(1, 3);
    Held running = offer(lane, 1, FAIL).get(0);
    Await.latch(running.started);
    CallOptions low = FAIL.withPriority(Priority.LOW);
    Held normal = offer(lane, 1, FAIL).get(0);
    List<Held> lows = offer(lane, 2, low);
    assertNotNull(lane.offer(new Held(lane, 9, low)));
    Held high = new Held(lane, 10, FAIL.withPriority(Priority.HIGH));
    assertNull(lane.offer(high));
    assertInstanceOf(OverloadedException.class, Await.failure(lows.get(1)));
    List<Held> admitted = List.of(running, normal, lows.get(0), high);
    admitted.forEach(call -> call.release.countDown());
    admitted.forEach(Await::value);
    Await.until("all to leave", () -> left.get() == 5);
  }

  /** A list leaves the worker to others after each of its runs. */
  @Test
  void listInParts_aSingleCallGoesBetween() {
    Lane lane = lane(1, 1);
    CountDownLatch singleIsIn = new CountDownLatch(1);
    Lane.Entry<Integer, Integer> list =
        new Lane.Entry<>(lane, 1, FAIL) {
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
    assertNull(lane.offer(list));
    Await.until("it runs", () -> lane.offer(new Held(lane, 0, FAIL)) == null);
    singleIsIn.countDown();
    Await.until("the single runs", () -> order.contains(0));
    assertEquals(List.of(110, 0), order.subList(0, 2));
    lane.abandon(new PredictorClosedException("lane")); // while it is between two parts
    assertInstanceOf(PredictorClosedException.class, Await.failure(list));
    Await.until("it leaves", () -> left.get() >= 1);
  }

  @Test
  void abandon_waitingAndRunning_areAllReleased() {
    Lane lane = lane(1, 10);
    List<Held> calls = offer(lane, 3, FAIL);
    Await.latch(calls.get(0).started);
    lane.abandon(new PredictorClosedException("lane"));
    calls.forEach(call -> assertInstanceOf(PredictorClosedException.class, Await.failure(call)));
    Await.until("those who waited to leave", () -> left.get() == 2);
    calls.get(0).release.countDown();
    Await.until("the one that ran to leave", () -> left.get() == 3);
    assertEquals(List.of(0), order);
  }

  @Test
  void abandon_callsWaiting_areNotRun() {
    Lane lane = lane(1, 10);
    List<Held> calls = offer(lane, 3, FAIL);
    Await.latch(calls.get(0).started);
    lane.abandon(new PredictorClosedException("lane"));
    calls.forEach(call -> call.release.countDown());
    Await.until("the one that ran to leave", () -> left.get() >= 1);
    Await.blocked(calls.get(0).worker()); // idle again
    assertEquals(List.of(0), order);
    assertInstanceOf(PredictorClosedException.class, Await.failure(calls.get(1)));
    assertInstanceOf(PredictorClosedException.class, Await.failure(calls.get(2)));
    Await.until("all to leave", () -> left.get() == 3);
  }

  /** One that was admitted before the session closed may come to the queue after it was cleared. */
  @Test
  void offer_afterAbandon_isRefusedOrEnds() {
    Lane lane = lane(1, 10);
    lane.abandon(new PredictorClosedException("lane"));
    Held late = new Held(lane, 1, FAIL);
    late.release.countDown();
    Object refusal = lane.offer(late);
    if (refusal == null) {
      assertInstanceOf(PredictorClosedException.class, Await.failure(late));
      Await.until("it to leave", () -> left.get() == 1);
    }
    assertEquals(List.of(), order);
  }

  @Test
  void offer_ofACallGoneAlready_isNotRunAndLeaves() {
    Lane lane = lane(1, 10);
    Lane.Entry<Integer, Integer> gone =
        new Lane.Entry<>(lane, 1, FAIL) {
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
    assertNull(lane.offer(gone));
    Await.until("it to leave", () -> left.get() == 1);
    assertEquals(List.of(), order);
  }
}
