package dev.inproc.inference.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.events.ServingEvent.ModelFreed;
import dev.inproc.inference.testing.Await;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentEventsTest {
  private static final Instant TIME = Instant.parse("2026-03-04T05:06:07Z");

  private static RecentEvents.Entry entry(int number) {
    return new RecentEvents.Entry(TIME, new ModelFreed("m" + number));
  }

  @Test
  void latest_keepsTheLast64_latestFirst() {
    RecentEvents recent = new RecentEvents(Clock.fixed(TIME, ZoneOffset.UTC));
    assertEquals(List.of(), recent.latest());
    IntStream.range(0, 100).forEach(i -> recent.onEvent(new ModelFreed("m" + i)));
    List<RecentEvents.Entry> expected =
        IntStream.range(0, RecentEvents.CAPACITY).mapToObj(i -> entry(99 - i)).toList();
    assertEquals(expected, recent.latest());
    assertThrows(UnsupportedOperationException.class, () -> recent.latest().clear());
  }

  @Test
  void onEvent_fromManyThreads_whileOthersRead_keepsEachThreadsOrder() {
    RecentEvents recent = new RecentEvents();
    AtomicBoolean ended = new AtomicBoolean();
    List<Thread> publishers = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int publisher = t;
      publishers.add(
          new Thread(
              () ->
                  IntStream.range(0, 20_000)
                      .forEach(i -> recent.onEvent(new ModelFreed(publisher + " " + i)))));
    }
    List<Throwable> broken = new ArrayList<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                while (!ended.get()) {
                  check(recent.latest());
                }
              } catch (Throwable t) {
                broken.add(t);
              }
            });
    reader.start();
    publishers.forEach(Thread::start);
    publishers.forEach(Await::end);
    ended.set(true);
    Await.end(reader);
    assertEquals(List.of(), broken);
    assertEquals(RecentEvents.CAPACITY, recent.latest().size());
    check(recent.latest());
  }

  private static void check(List<RecentEvents.Entry> latest) {
    assertTrue(latest.size() <= RecentEvents.CAPACITY);
    Map<String, Integer> before = new HashMap<>();
    for (RecentEvents.Entry entry : latest) {
      String[] source = entry.event().source().split(" ", -1);
      Integer later = before.put(source[0], Integer.parseInt(source[1]));
      assertTrue(later == null || later > Integer.parseInt(source[1]), latest::toString);
    }
  }
}
