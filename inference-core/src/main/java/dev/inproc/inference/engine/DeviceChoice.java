package dev.inproc.inference.engine;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Tensors;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The device that a model is loaded on, chosen by time where the options leave it open. Each
 * candidate gets a session of its own, which is thrown away: measuring leaves no trace in the model
 * that serves.
 *
 * @param options the options with the device chosen
 * @param reason in words, what was measured; null if there was nothing to choose
 */
record DeviceChoice(SessionOptions options, @Nullable String reason) {
  private static final int USUAL_LARGEST = 32;
  private static final int WARM_UP_RUNS = 2;
  private static final int RUNS = 5;
  private static final long MOST_NANOS = 2_000_000_000L; // for a candidate and a size

  /** A candidate that ran. */
  private record Timed(SessionOptions options, long nanosOfLargest) {}

  /**
   * Chooses.
   *
   * @throws ModelLoadException if no candidate can run the model
   */
  static DeviceChoice of(
      String name, Function<SessionOptions, ? extends List<Replica>> loader, SessionOptions given) {
    Device auto = given.devices().get(0);
    if (!auto.isAuto()) {
      return new DeviceChoice(given, null);
    }
    List<String> told = new ArrayList<>();
    Timed best = null;
    ModelLoadException failure = null;
    for (Device device : auto.candidates()) {
      SessionOptions options = given.toBuilder().devices(device).build();
      try {
        Timed timed = time(name, device, loader, options, told);
        best = best == null || timed.nanosOfLargest < best.nanosOfLargest ? timed : best;
      } catch (ModelLoadException e) {
        told.add(device + ": " + e.getMessage());
        failure = e;
      }
    }
    if (best == null) {
      throw new ModelLoadException(
          name, "no device can run it: " + String.join("; ", told), failure);
    }
    String reason = "chosen by time: " + String.join("; ", told);
    SessionLog.LOG.log(
        Level.INFO, "{0}: runs on {1}, {2}", name, best.options.devices().get(0), reason);
    return new DeviceChoice(best.options, reason);
  }

  private static Timed time(
      String name,
      Device device,
      Function<SessionOptions, ? extends List<Replica>> loader,
      SessionOptions options,
      List<String> told) {
    SessionOptions bare =
        options.toBuilder().withoutWarmUp().integrity(IntegrityOptions.skip()).build();
    try (ModelSession session =
        new SessionLoader(
                name, null, () -> loader.apply(options), true, bare, options.runtime().threads())
            .loadUnannounced()) {
      StringBuilder times = new StringBuilder();
      long last = 0;
      for (int size : sizes(options)) {
        last = median(session, size, options);
        times.append(
            String.format(
                Locale.ROOT, "%s%d in %.3f ms", times.isEmpty() ? "" : ", ", size, last / 1e6));
      }
      told.add(device + ": a batch of " + times);
      return new Timed(options, last);
    } catch (InferenceException e) {
      if (e instanceof ModelLoadException load) {
        throw load;
      }
      throw new ModelLoadException(
          name,
          "it could not be timed: "
              + e.getMessage()
              + "; SessionOptions.warmUp takes an example that the model accepts",
          e);
    }
  }

  /** Ascending: the last decides. */
  private static int[] sizes(SessionOptions options) {
    int[] sizes =
        options.warmUpSizes().isEmpty()
            ? new int[] {1, Math.min(USUAL_LARGEST, options.maxBatchSize())}
            : options.warmUpSizes().stream().mapToInt(Integer::intValue).toArray();
    return Arrays.stream(sizes).sorted().distinct().toArray();
  }

  private static long median(ModelSession session, int size, SessionOptions options) {
    Tensors given = options.warmUpExample();
    Tensors example = given != null ? given : WarmUp.madeUp(session.model().replicas.layout);
    List<Tensors> batch = Collections.nCopies(size, example);
    Timer timer = options.runtime().threads().timer();
    long end = timer.nanoTime() + MOST_NANOS;
    long[] took = new long[RUNS];
    int runs = 0;
    for (int i = 0; i < WARM_UP_RUNS + RUNS; i++) {
      long start = timer.nanoTime();
      session.predictAll(batch);
      long now = timer.nanoTime();
      if (i >= WARM_UP_RUNS || now - end >= 0) {
        took[runs++] = now - start;
      }
      if (now - end >= 0) {
        break; // one slow run says enough
      }
    }
    Arrays.sort(took, 0, runs);
    return took[runs / 2];
  }
}
