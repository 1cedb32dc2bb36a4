package dev.inproc.inference.deploy;

import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.BatchingMetrics;
import dev.inproc.inference.batch.BatchingStats;
import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.internal.concurrent.InFlight;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A factory of lanes that are functions of vectors, with a clock of their own. Version 1 answers
 * its request times 1, version 2 times 2, unless a function is given for the version.
 */
final class ShadowLanes implements LaneFactory<float[], float[]> {
  static final float[] INPUT = {1, 2, 3};

  final ManualTimer timer = new ManualTimer();
  final ServingThreads threads = ServingThreads.withTimer(timer);
  final RecentEvents events = new RecentEvents();
  final Map<Long, UnaryOperator<float[]>> functions = new ConcurrentHashMap<>();
  final AtomicInteger primaryWaiting = new AtomicInteger();
  final List<VectorLane> made = Collections.synchronizedList(new ArrayList<>());

  ShadowLanes() {
    threads.events().add(events);
  }

  @Override
  public VectorLane create(ModelVersion version, LaneContext context) {
    VectorLane lane = new VectorLane(version.version());
    made.add(lane);
    return lane;
  }

  Deployment<float[], float[]> open() {
    return Deployment.builder(this).open(Lanes.version(1));
  }

  static ShadowPlan<float[], float[]> plan() {
    return ShadowPlan.of(Lanes.version(2));
  }

  VectorLane lane(int index) {
    return made.get(index);
  }

  /** Lets time pass until no copy waits or runs. */
  void drain(Shadow shadow) {
    Await.until(
        "the copies to be run",
        () -> {
          timer.advanceMillis(20);
          return shadow.metrics().pending() == 0;
        });
  }

  List<ServingEvent> events() {
    List<ServingEvent> all = new ArrayList<>();
    events.latest().forEach(entry -> all.add(0, entry.event()));
    return all;
  }

  /** Waits for a latch, whatever interrupts come. */
  static void hold(CountDownLatch latch) {
    boolean isInterrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  static float[] times(float[] input, float factor) {
    float[] answer = new float[input.length];
    for (int i = 0; i < input.length; i++) {
      answer[i] = input[i] * factor;
    }
    return answer;
  }

  /** A lane of one version. */
  final class VectorLane implements Predictor<float[], float[]>, BatchingStats {
    final List<float[]> inputs = Collections.synchronizedList(new ArrayList<>());
    final List<CallOptions> options = Collections.synchronizedList(new ArrayList<>());
    final List<Long> times = Collections.synchronizedList(new ArrayList<>());
    final List<Boolean> hadFacts = Collections.synchronizedList(new ArrayList<>());
    volatile boolean isClosed;
    volatile Thread closer;
    private final InFlight running = new InFlight();
    private final long version;

    VectorLane(long version) {
      this.version = version;
    }

    @Override
    public float[] predict(float[] input, CallOptions callOptions) {
      running.begin();
      try {
        if (isClosed) {
          throw new PredictorClosedException(toString());
        }
        inputs.add(input.clone());
        options.add(callOptions);
        hadFacts.add(AnswerFacts.of(callOptions) != null);
        times.add(timer.nanoTime());
        return functions.getOrDefault(version, each -> times(each, (float) version)).apply(input);
      } finally {
        running.end();
      }
    }

    @Override
    public List<float[]> predictAll(List<float[]> all, CallOptions callOptions) {
      return all.stream().map(input -> predict(input, callOptions)).toList();
    }

    @Override
    public CompletableFuture<float[]> submit(float[] input, CallOptions callOptions) {
      float[] encoded = input.clone(); // on the caller's thread, as codecs do
      CompletableFuture<float[]> future = new CompletableFuture<>();
      Workers.shared()
          .turn(
              this,
              () -> {
                try {
                  future.complete(predict(encoded, callOptions));
                } catch (Throwable t) {
                  future.completeExceptionally(t);
                }
              });
      return future;
    }

    @Override
    public BatchingMetrics metrics() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int waiting() {
      return version == 1 ? primaryWaiting.get() : 0;
    }

    @Override
    public int maxBatchSize() {
      return 1;
    }

    @Override
    public void close() {
      close(Duration.ofDays(1));
    }

    @Override
    public boolean close(Duration timeout) {
      closer = Thread.currentThread();
      isClosed = true;
      return running.await(timeout.toNanos());
    }

    @Override
    public <T> Optional<T> find(Class<T> control) {
      return control.isInstance(threads)
          ? Optional.of(control.cast(threads))
          : Predictor.super.find(control);
    }

    @Override
    public String toString() {
      return "lane" + version;
    }
  }
}
