package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.batch.Simulation.Ticket;
import dev.inproc.inference.internal.calls.PriorityTurns;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The rules, one by one, in virtual time. Times in the names of helpers are microseconds. */
class BatchPolicyTest {
  private static final long MICRO = 1_000;
  private static final long NONE = Long.MAX_VALUE;
  private static final List<Priority> PRIORITIES = List.of(Priority.values());

  /** 100 µs and 10 µs a row, surely. */
  private final Service service = new Service(100, 10);

  private final List<Ticket> batch = new ArrayList<>();
  private final List<Ticket> unmeetable = new ArrayList<>();
  private long origin;
  private int made;
  private BatchPolicy<Ticket> policy = new BatchPolicy<>(4, 0, service);

  private void policy(int maxBatchSize, long maxDelay) {
    policy = new BatchPolicy<>(maxBatchSize, maxDelay * MICRO, service);
  }

  private Ticket add(long arrival, long timeout, Priority priority) {
    long at = origin + arrival * MICRO;
    Ticket ticket = new Ticket(made++, at, timeout == NONE ? NONE : at + timeout * MICRO, priority);
    policy.add(ticket);
    return ticket;
  }

  private Ticket add(long arrival, long timeout) {
    return add(arrival, timeout, Priority.NORMAL);
  }

  private Ticket add(long arrival) {
    return add(arrival, NONE);
  }

  /** Returns microseconds to wait. */
  private double select(long now) {
    return selectNanos(now * MICRO);
  }

  private double selectNanos(long now) {
    batch.clear();
    unmeetable.clear();
    long wait = policy.select(origin + now, batch, unmeetable);
    assertEquals(wait > 0, batch.isEmpty());
    Set<Ticket> distinct = new HashSet<>(batch);
    distinct.addAll(unmeetable);
    assertEquals(batch.size() + unmeetable.size(), distinct.size());
    return wait == NONE ? Double.POSITIVE_INFINITY : wait / (double) MICRO;
  }

  // ---- work conservation, size, delay ----

  @Test
  void select_nothingWaits_asksForNothing() {
    assertEquals(Double.POSITIVE_INFINITY, select(0));
    assertEquals(0, policy.size());
  }

  @Test
  void select_withoutDelay_takesAllThatWaitsInOrder() {
    List<Ticket> all = List.of(add(0), add(1), add(2));
    assertEquals(0, select(2));
    assertEquals(all, batch);
    assertEquals(DispatchReason.IDLE_ENGINE, policy.reason());
  }

  @Test
  void select_moreThanTheCap_takesTheOldest() {
    List<Ticket> all = IntStream.range(0, 6).mapToObj(this::add).toList();
    assertEquals(0, select(10));
    assertEquals(all.subList(0, 4), batch);
    assertEquals(DispatchReason.FULL, policy.reason());
    assertEquals(0, select(10));
    assertEquals(all.subList(4, 6), batch);
  }

  /** Leaves the policy in the belief that requests come in company. */
  private void company() {
    add(0);
    add(0);
    add(0);
    add(0);
    assertEquals(0, select(0));
  }

  @Test
  void window_inCompany_countsFromTheOldestArrivalToTheNanosecond() {
    policy(4, 500);
    company();
    add(1_000);
    assertEquals(400, select(1_100));
    add(1_200);
    assertEquals(0.001, selectNanos(1_499_999));
    assertEquals(0, select(1_500));
    assertEquals(2, batch.size());
    assertEquals(DispatchReason.DELAY_PASSED, policy.reason());
  }

  @Test
  void window_fullBatch_endsIt() {
    policy(4, 500);
    company();
    IntStream.range(0, 3).forEach(i -> add(1_000));
    assertEquals(500, select(1_000));
    add(1_001);
    assertEquals(0, select(1_001));
    assertEquals(DispatchReason.FULL, policy.reason());
  }

  @Test
  void window_goneRequests_doNotFillIt() {
    policy(4, 500);
    company();
    IntStream.range(0, 3).mapToObj(i -> add(1_000)).forEach(each -> each.gone = true);
    Ticket one = add(1_000);
    assertEquals(500, select(1_000));
    add(1_000);
    assertEquals(0, select(1_500));
    assertEquals(2, batch.size());
    assertTrue(batch.contains(one));
  }

  @Test
  void window_loneRequest_neverWaits() {
    policy(4, 500);
    for (long i = 0; i < 5; i++) {
      add(i * 10_000);
      assertEquals(0, select(i * 10_000), "the first as well as the others");
    }
  }

  @Test
  void window_afterTwoLoneBatches_noLongerWaits() {
    policy(4, 500);
    company();
    for (long i = 1; i <= 2; i++) {
      add(i * 10_000);
      assertEquals(500, select(i * 10_000));
      assertEquals(0, select(i * 10_000 + 500));
    }
    add(30_000);
    assertEquals(0, select(30_000));
  }

  @Test
  void window_nearDeadline_endsInTimeForTheRun() {
    policy(4, 500);
    company();
    add(1_000, 400);
    // A run of two takes 120 µs: the one that waits, and one that may come. An eighth is kept.
    assertEquals(230, select(1_000));
    assertEquals(0, select(1_230));
    assertEquals(1, batch.size());
  }

  @Test
  void window_nearDeadlineAndCostsUnknown_endsAtHalfOfItsTime() {
    policy = new BatchPolicy<>(4, 500 * MICRO, new CostEstimator());
    company();
    add(1_000, 400);
    assertEquals(200, select(1_000));
    assertEquals(50, select(1_150), "the half is of the whole time, not of what is left");
    assertEquals(0, select(1_200));
    assertEquals(1, batch.size());
  }

  // ---- priority ----

  @Test
  void priority_sameMoment_highFirstLowLast() {
    policy(2, 0);
    Ticket low = add(0, NONE, Priority.LOW);
    Ticket normal = add(0, NONE, Priority.NORMAL);
    Ticket high = add(0, NONE, Priority.HIGH);
    select(0);
    assertEquals(List.of(high, normal), batch);
    select(0);
    assertEquals(List.of(low), batch);
  }

  @Test
  void priority_allWait_rowsAreSharedByWeight() {
    policy(1, 0);
    int[] rows = new int[3];
    for (int i = 0; i < 900; i++) {
      for (Priority each : PRIORITIES) {
        add(i, NONE, each);
      }
      select(i);
      rows[PriorityTurns.rank(batch.get(0).priority)]++;
    }
    assertEquals(100, rows[0], 20);
    assertEquals(300, rows[1], 40);
    assertEquals(500, rows[2], 60);
  }

  @Test
  void priority_endlessHigh_lowIsServedWithinSixteenRows() {
    policy(1, 0);
    Ticket low = add(0, NONE, Priority.LOW);
    int turns = 0;
    for (long now = 0; !batch.contains(low) && turns < 1_000; now += 110) {
      add(now, NONE, Priority.HIGH); // two come for each that is run: an overload that lasts
      add(now, NONE, Priority.NORMAL);
      select(now);
      turns++;
    }
    int needed = turns;
    assertTrue(needed <= 16, () -> "Turns: " + needed);
  }

  @Test
  void priority_withinAClass_firstComeFirstServed() {
    policy(3, 0);
    List<Ticket> all =
        IntStream.range(0, 30).mapToObj(i -> add(i, NONE, PRIORITIES.get(i % 3))).toList();
    List<Ticket> served = new ArrayList<>();
    while (select(100) == 0) {
      served.addAll(batch);
    }
    for (Priority each : PRIORITIES) {
      assertEquals(
          all.stream().filter(one -> one.priority == each).toList(),
          served.stream().filter(one -> one.priority == each).toList());
    }
  }

  @Test
  void priority_deadlines_highIsMetWhereOnlyOneCanBe() {
    policy(1, 0);
    Ticket normal = add(0, 150);
    Ticket high = add(0, 160, Priority.HIGH);
    select(0);
    assertEquals(List.of(high), batch, "the other is due first, but there is time for one");
    select(110);
    assertTrue(batch.contains(normal) || unmeetable.contains(normal));
  }

  @Test
  void priority_deadlines_costNobodyADeadlineThatCanBeMet() {
    policy(1, 0);
    Ticket normal = add(0, 150);
    Ticket high = add(0, 250, Priority.HIGH);
    select(0);
    assertEquals(List.of(normal), batch);
    select(110);
    assertEquals(List.of(high), batch);
  }

  // ---- deadlines ----

  @Test
  void deadline_largestBatchInTime_skipsTheFewestOldest() {
    policy(32, 0);
    IntStream.range(0, 3).forEach(i -> add(0, 180)); // in time in a run of 8 or fewer
    List<Ticket> later = IntStream.range(0, 20).mapToObj(i -> add(1, 350)).toList();
    select(1);
    assertEquals(later, batch);
    assertEquals(DispatchReason.DEADLINE, policy.reason());
  }

  @Test
  void deadline_everyoneCanBeMet_everyoneIs() {
    policy(32, 0);
    List<Ticket> hurried = IntStream.range(0, 3).mapToObj(i -> add(0, 180)).toList();
    IntStream.range(0, 20).forEach(i -> add(1, 900));
    select(1);
    assertTrue(batch.containsAll(hurried));
    assertTrue(batch.size() <= 7, "7 rows and more end after the first deadline");
  }

  @Test
  void deadline_earliestFirst_whateverTheOrderOfArrival() {
    policy(2, 0);
    Ticket late = add(0, 1_000);
    Ticket soon = add(1, 400);
    Ticket sooner = add(2, 300);
    select(2);
    assertEquals(List.of(sooner, soon), batch);
    select(122);
    assertEquals(List.of(late), batch);
  }

  @Test
  void deadline_exactlyMet_isNotHopeless() {
    Ticket exact = add(0, 110);
    Ticket other = add(0, 1_000);
    select(0);
    assertTrue(batch.contains(exact) || batch.contains(other));
    assertEquals(List.of(), unmeetable);
  }

  @Test
  void hopeless_anotherWaits_isRefusedAtOnce() {
    Ticket hopelessOne = add(0, 109);
    Ticket other = add(0, 1_000);
    select(0);
    assertEquals(List.of(hopelessOne), unmeetable);
    assertEquals(List.of(other), batch);
  }

  @Test
  void hopeless_nobodyElseWaits_isTried() {
    Ticket only = add(0, 50);
    select(0);
    assertEquals(List.of(), unmeetable);
    assertEquals(List.of(only), batch);
  }

  @Test
  void hopeless_all_theOneWithMostTimeIsTried() {
    Ticket first = add(0, 50);
    Ticket second = add(0, 80);
    select(0);
    assertEquals(List.of(first), unmeetable);
    assertEquals(List.of(second), batch);
  }

  @Test
  void expired_areRefusedOneByOne_evenAlone() {
    Ticket expired = add(0, 100);
    Ticket alive = add(0, 1_000);
    Ticket expiredToo = add(0, 99);
    select(100);
    assertEquals(Set.of(expired, expiredToo), Set.copyOf(unmeetable));
    assertEquals(List.of(alive), batch);
    add(200, 10);
    assertEquals(Double.POSITIVE_INFINITY, select(210));
    assertEquals(1, unmeetable.size());
  }

  // ---- deadlines beside none ----

  @Test
  void rider_room_isUsed() {
    Ticket free = add(0);
    Ticket timed = add(1, 1_000);
    select(1);
    assertEquals(Set.of(free, timed), Set.copyOf(batch));
  }

  @Test
  void rider_costingADeadline_waits() {
    Ticket free = add(0);
    Ticket timed = add(1, 115);
    select(1);
    assertEquals(List.of(timed), batch);
    select(120);
    assertEquals(List.of(free), batch);
  }

  @Test
  void rider_besideEndlessDeadlines_isServedWithinEightRuns() {
    policy(2, 0);
    Ticket free = add(0);
    int turns = 0;
    for (long now = 0; !batch.contains(free); now += 120) {
      add(now, 121);
      add(now, 121);
      select(now);
      turns++;
    }
    assertEquals(8, turns);
  }

  // ---- gone, clock ----

  @Test
  void gone_requestsAreNeitherRunNorRefused() {
    List<Ticket> all = new ArrayList<>();
    IntStream.range(0, 40).forEach(i -> all.add(i % 2 == 0 ? add(i) : add(i, 10_000)));
    all.forEach(each -> each.gone = each.id % 3 != 0);
    Set<Ticket> seen = new HashSet<>();
    while (select(40) == 0) {
      batch.forEach(each -> assertFalse(each.gone));
      assertEquals(List.of(), unmeetable);
      seen.addAll(batch);
    }
    assertEquals(14, seen.size());
    assertEquals(0, policy.size());
  }

  @Test
  void gone_manyWithFarDeadlines_holdNoMemory() {
    policy(4, 0);
    IntStream.range(0, 64).forEach(i -> add(0, 1_000));
    for (int i = 0; i < 100_000; i++) {
      add(0, 3_600_000_000L).gone = true;
      add(0).gone = true;
    }
    assertTrue(policy.size() < 64 + 2 * 32, () -> policy.size() + " are held");
  }

  @Test
  void purge_forgetsTheGoneAlone() {
    for (int i = 0; i < 200; i++) {
      add(i, 10_000 - i).gone = i % 4 != 0;
      add(i).gone = i % 4 != 0;
    }
    policy.purge();
    assertEquals(100, policy.size());
  }

  @Test
  void clock_jumpsAnHour_whatIsExpiredIsRefusedAndTheRestGoesOn() {
    policy(4, 500);
    company();
    Ticket timed = add(1_000, 2_000);
    Ticket free = add(1_000);
    assertTrue(select(1_000) > 0);
    long hour = 3_600_000_000L;
    assertEquals(0, select(hour));
    assertEquals(List.of(timed), unmeetable);
    assertEquals(List.of(free), batch);
    Ticket next = add(hour + 1, 1_000);
    assertEquals(0, select(hour + 501));
    assertEquals(List.of(next), batch);
  }

  @Test
  void clock_nearOverflow_ordersByDifferences() {
    origin = Long.MAX_VALUE - 150 * MICRO; // the deadlines lie beyond the overflow
    Ticket late = add(0, 1_000);
    Ticket soon = add(1, 300);
    select(1);
    assertEquals(List.of(soon, late), batch);
    Ticket eternal = add(2, Long.MAX_VALUE / 2 / MICRO);
    Ticket near = add(3, 400);
    select(200);
    assertEquals(List.of(near, eternal), batch);
  }

  // ---- cost ----

  @Test
  void unknownCost_everyBatchIsFeasible() {
    policy = new BatchPolicy<>(4, 0, new CostEstimator());
    List<Ticket> all = IntStream.range(0, 4).mapToObj(i -> add(0, 1)).toList();
    select(0);
    assertEquals(all, batch);
  }

  @Test
  void wrongCost_farTooSlow_isUnlearnedByTrying() {
    CostEstimator costs = new CostEstimator();
    for (int i = 0; i < 50; i++) {
      costs.record(1 + i % 4, 4, 1_000_000_000L);
    }
    policy = new BatchPolicy<>(4, 0, costs);
    int turns = 0;
    long now = 0;
    do {
      long at = now;
      IntStream.range(0, 4).forEach(i -> add(at, 1_000));
      select(now);
      assertFalse(batch.isEmpty(), "an idle engine tries");
      costs.record(batch.size(), 4L * batch.size(), service.nanos(batch.size()));
      now += 1_000;
      turns++;
    } while (batch.size() < 4 && turns < 1_000);
    int needed = turns;
    assertTrue(needed < 60, () -> "Turns until full batches are planned again: " + needed);
  }

  @Test
  void bytes_longRows_makeTheirBatchSmaller() {
    CostPredictor byBytes =
        new CostPredictor() {
          @Override
          public boolean isKnown() {
            return true;
          }

          @Override
          public double nanos(int rows, long bytes) {
            return bytes * MICRO;
          }

          @Override
          public double nanos(int rows, long bytes, double quantile) {
            return nanos(rows, bytes);
          }
        };
    policy = new BatchPolicy<>(8, 0, byBytes);
    List<Ticket> all = IntStream.range(0, 8).mapToObj(i -> add(0, 20)).toList();
    select(0); // each has 4 bytes, so 4 µs: five are in time
    assertEquals(all.subList(0, 5), batch);
  }

  // ---- all at once ----

  @Test
  void anything_randomTraffic_isRunOrRefusedOnceAndNeverWithoutCause() {
    long seed = 99;
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 60; round++) {
      policy(random.nextInt(1, 20), random.nextBoolean() ? 0 : random.nextInt(1, 1_000));
      origin = random.nextLong();
      List<Ticket> all = new ArrayList<>();
      Set<Ticket> seen = new HashSet<>();
      long now = 0;
      for (int step = 0; step < 400; step++) {
        now += random.nextInt(10) == 0 ? random.nextInt(100_000) : random.nextInt(200);
        for (int i = random.nextInt(random.nextInt(1, 30)); i > 0; i--) {
          long timeout = random.nextInt(3) == 0 ? NONE : random.nextInt(random.nextInt(1, 20_000));
          all.add(add(now, timeout, PRIORITIES.get(random.nextInt(3))));
        }
        if (!all.isEmpty()) {
          all.get(random.nextInt(all.size())).gone = true;
        }
        select(now);
        note(seen, now);
      }
      for (; policy.size() > 0 && now < 1L << 40; now += 1_000) {
        select(now);
        note(seen, now);
      }
      assertEquals(0, policy.size());
      all.forEach(each -> assertTrue(each.gone));
    }
  }

  private void note(Set<Ticket> seen, long now) {
    for (Ticket each : batch) {
      assertFalse(each.gone);
      assertTrue(each.deadline == NONE || each.deadline - (origin + now * MICRO) > 0);
      assertTrue(seen.add(each));
      each.gone = true;
    }
    for (Ticket each : unmeetable) {
      assertFalse(each.gone);
      assertTrue(each.deadline - (origin + now * MICRO) < 110 * MICRO);
      assertTrue(seen.add(each));
      each.gone = true;
    }
  }
}
