package dev.inproc.inference.deploy;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.testing.ManualTimer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A factory of lanes of functions with a clock of their own. The lane of version 3 answers 7 with
 * {@code "3:7"}, unless a function is given for that version.
 */
final class Lanes implements LaneFactory<Integer, String> {
  final ManualTimer timer = new ManualTimer();
  final ServingThreads threads;
  final RecentEvents events = new RecentEvents();
  final Map<Long, Function<Integer, String>> functions = new ConcurrentHashMap<>();
  final Map<Long, Runnable> onCreate = new ConcurrentHashMap<>();
  final List<FakeLane> made = Collections.synchronizedList(new ArrayList<>());

  Lanes() {
    this(null);
  }

  Lanes(Timer other) {
    threads = ServingThreads.withTimer(other == null ? timer : other);
    threads.events().add(events);
  }

  static ModelVersion version(long number) {
    return ModelVersion.of("m", number, ModelSource.bytes("m", new byte[] {(byte) number}));
  }

  @Override
  public FakeLane create(ModelVersion version, LaneContext context) {
    long number = version.version();
    onCreate.getOrDefault(number, () -> {}).run();
    FakeLane lane =
        new FakeLane(
            "lane" + number,
            functions.getOrDefault(number, input -> number + ":" + input),
            threads);
    made.add(lane);
    return lane;
  }

  /** Returns the lane that was made last. */
  FakeLane last() {
    return made.get(made.size() - 1);
  }

  /** Returns a deployment of version 1 that keeps versions warm for 10 minutes. */
  Deployment<Integer, String> open() {
    return Deployment.builder(this).open(version(1));
  }

  List<ServingEvent> events() {
    List<ServingEvent> all = new ArrayList<>();
    events.latest().forEach(entry -> all.add(0, entry.event()));
    return all;
  }
}
