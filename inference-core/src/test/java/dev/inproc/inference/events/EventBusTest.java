package dev.inproc.inference.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.events.ServingEvent.ModelFreed;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventBusTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final EventBus bus = new EventBus(threads);
  private final List<ServingEvent> heard = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private static ServingEvent event(int number) {
    return new ModelFreed("model " + number);
  }

  private static List<ServingEvent> events(int count) {
    return IntStream.range(0, count).mapToObj(EventBusTest::event).toList();
  }

  @Test
  void publish_manyEvents_areHeardInOrder() {
    bus.add(heard::add);
    events(500).forEach(bus::publish);
    Await.until("all events", () -> heard.size() == 500);
    assertEquals(events(500), heard);
    assertEquals(0, bus.dropped());
  }

  @Test
  void publish_fromManyThreads_losesNone() {
    bus.add(heard::add);
    List<Thread> publishers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int first = 100 * i;
      publishers.add(
          new Thread(
              () -> IntStream.range(first, first + 100).forEach(n -> bus.publish(event(n)))));
    }
    publishers.forEach(Thread::start);
    publishers.forEach(Await::end);
    Await.until("all events", () -> heard.size() == 800);
    assertEquals(800, List.copyOf(heard).stream().distinct().count());
  }

  @Test
  void listener_thatThrowsOrInterruptsItself_hearsTheNext_andOthersHearAll() {
    bus.add(
        event -> {
          heard.add(event);
          Thread.currentThread().interrupt();
          throw new AssertionError("a listener's bug");
        });
    List<ServingEvent> other = Collections.synchronizedList(new ArrayList<>());
    bus.add(other::add);
    events(50).forEach(bus::publish);
    Await.until("all events", () -> heard.size() == 50 && other.size() == 50);
  }

  @Test
  void listener_thatBlocks_holdsUpNobody_andLaterEventsAreDroppedAndCounted() {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch blocked = new CountDownLatch(1);
    List<ServingEvent> slow = Collections.synchronizedList(new ArrayList<>());
    bus.add(
        event -> {
          blocked.countDown();
          Await.latch(release);
          slow.add(event);
        });
    bus.publish(event(0));
    Await.latch(blocked);
    bus.add(heard::add);
    int more = EventBus.CAPACITY + 100;
    for (int i = 1; i <= more; i++) {
      bus.publish(event(i)); // returns, though one listener is stuck
      int published = i;
      Await.until("the other listener", () -> heard.size() == published);
    }
    assertEquals(100, bus.dropped());
    release.countDown();
    Await.until("the slow listener", () -> slow.size() == EventBus.CAPACITY + 1);
    assertEquals(events(EventBus.CAPACITY + 1), slow);
  }

  @Test
  void listener_thatPublishes_hearsItsOwnEvent() {
    bus.add(
        event -> {
          heard.add(event);
          if (heard.size() < 5) {
            bus.publish(event(heard.size()));
          }
        });
    bus.publish(event(0));
    Await.until("five events", () -> heard.size() == 5);
  }

  @Test
  void removed_hearsNoMore() {
    ServingListener listener = heard::add;
    bus.add(listener);
    bus.publish(event(0));
    Await.until("the first event", () -> heard.size() == 1);
    bus.remove(listener);
    bus.publish(event(1));
    CountDownLatch later = new CountDownLatch(1);
    bus.add(event -> later.countDown());
    bus.publish(event(2));
    Await.latch(later);
    assertEquals(1, heard.size());
  }

  /** Whatever the thread factory throws: the publisher sees nothing, the listener hears later. */
  @Test
  void noThreadToBeHad_publishReturns_andEventsWaitForTheNext() {
    List<Runnable> failures =
        List.of(
            () -> {
              throw new RejectedExecutionException();
            },
            () -> {
              throw new OutOfMemoryError("no native thread");
            },
            () -> {
              throw new IllegalStateException("a factory's bug");
            });
    for (Runnable failure : failures) {
      heard.clear();
      boolean[] refuses = {true};
      EventBus poor =
          new EventBus(
              task -> {
                if (refuses[0]) {
                  failure.run();
                }
                task.run();
              });
      poor.add(heard::add);
      poor.publish(event(0));
      assertTrue(heard.isEmpty());
      refuses[0] = false;
      poor.publish(event(1));
      assertEquals(events(2), heard);
    }
  }

  /** Every kind of event, with names and units for a reader. */
  @Test
  void flightRecorder_recordsEveryKind(@TempDir Path folder) throws IOException {
    List<ServingEvent> all =
        List.of(
            new ServingEvent.ModelLoaded("m", "CPU", Duration.ofMillis(30)),
            new ModelFreed("m"),
            new ServingEvent.IntegrityProbed("m", "clean", true),
            new ServingEvent.Overloaded("b", 64),
            new ServingEvent.CacheSwitched("c", false),
            new ServingEvent.VersionSwitched("d", "m@1", "m@2", Duration.ofMillis(40)),
            new ServingEvent.VersionRefused("d", "m@3", "no such file"),
            new ServingEvent.VersionRetired("d", "m@1"),
            new ServingEvent.VersionRolledBack("d", "m@2", "m@1", "too slow"),
            new ServingEvent.ShadowStarted("d", "m@2", 0.5),
            new ServingEvent.ShadowStopped("d", "m@2", 100, 1, 2),
            new ServingEvent.RolloutStepped("d", "m@2", 1, 0.01),
            new ServingEvent.RolloutAlarmed("d", "m@2", "ERRORS", "15 of 15", "ROLL_BACK"),
            new ServingEvent.RolloutPaused("d", "m@2", "night"),
            new ServingEvent.RolloutResumed("d", "m@2"),
            new ServingEvent.RolloutEnded("d", "m@2", true, "the rollout is over"),
            new ServingEvent.ExperimentStarted("d", 1, "a = m@1 50.0 %, b = m@2 50.0 %"),
            new ServingEvent.ExperimentEnded("d", 1, "decided"),
            new ServingEvent.SampleRatioMismatch("d", "sample-ratio mismatch: 9 : 300 keys"));
    assertEquals(ServingEvent.class.getPermittedSubclasses().length, all.size());
    Path file = folder.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      all.forEach(bus::publish);
      recording.dump(file);
    }

    Map<String, RecordedEvent> recorded =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().startsWith("dev.inproc."))
            .collect(Collectors.toMap(event -> event.getEventType().getName(), event -> event));
    assertEquals(
        all.stream().map(e -> "dev.inproc." + e.getClass().getSimpleName()).sorted().toList(),
        recorded.keySet().stream().sorted().toList());
    RecordedEvent loaded = recorded.get("dev.inproc.ModelLoaded");
    assertEquals(Duration.ofMillis(30), loaded.getDuration("loading"));
    assertEquals("m", loaded.getString("model"));
    assertEquals(64, recorded.get("dev.inproc.Overloaded").getInt("waiting"));
    assertFalse(recorded.get("dev.inproc.CacheSwitched").getBoolean("on"));
    RecordedEvent switched = recorded.get("dev.inproc.VersionSwitched");
    assertEquals(Duration.ofMillis(40), switched.getDuration("loading"));
    assertEquals("m@2", switched.getString("to"));
    assertEquals("too slow", recorded.get("dev.inproc.VersionRolledBack").getString("reason"));
    for (RecordedEvent event : recorded.values()) {
      assertEquals(List.of("Inproc"), event.getEventType().getCategoryNames());
      for (ValueDescriptor field : event.getFields()) {
        assertTrue(field.getLabel() != null, field.getName());
      }
    }
  }
}
