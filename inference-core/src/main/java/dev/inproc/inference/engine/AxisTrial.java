package dev.inproc.inference.engine;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tests by runs whether a model's first dimension counts examples, where the names do not tell: 1,
 * 2 and 3 different examples are run together. Each answer must have a row for each example, of the
 * shape and the values that the example gets alone. Otherwise each call's tensors are run as they
 * are, which costs speed only.
 *
 * <p>The outcome decides the session's signature, so it must not depend on the machine's load: the
 * trial has a generous time limit of its own.
 */
final class AxisTrial {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int MOST = 3;

  private AxisTrial() {}

  /** Returns why the first dimension is not the batch axis, or null if it is. */
  static @Nullable String refusal(ProbeRuns runs) {
    ReplicaSet replicas = runs.replicas;
    IntegrityOptions options = replicas.options.integrity();
    if (!options.isEnabled()) {
      return "its signature, since IntegrityOptions.skip() allows no trial";
    }
    long nanos = Math.max(Durations.of(options.timeLimit()), Durations.of(LIMIT));
    Timer.Scheduled alarm = runs.stopAfter(nanos);
    try {
      List<Tensors> given = given(replicas);
      if (!given.stream().allMatch(example -> fits(example, replicas, replicas.layout))) {
        Layout whole =
            new Layout(replicas.layout.raw(), BatchAxis.NONE, replicas.first().unusedInputs());
        if (given.stream().allMatch(example -> fits(example, replicas, whole))) {
          return "the examples given, which have that dimension";
        }
      }
      return refusal(
          runs, ProbeInputs.candidates(replicas.layout, IntegrityProbe.given(runs.runner)));
    } finally {
      alarm.cancel();
    }
  }

  private static List<Tensors> given(ReplicaSet replicas) {
    Tensors example = replicas.options.warmUpExample();
    List<Tensors> inputs = replicas.options.integrity().inputs();
    return !inputs.isEmpty() || example == null ? inputs : List.of(example);
  }

  private static boolean fits(Tensors example, ReplicaSet replicas, Layout layout) {
    try {
      InputCheck.example(layout, example, replicas.options.maxRunBytes());
      return true;
    } catch (InvalidInputException e) {
      return false;
    }
  }

  /** Tries inputs until the model accepts some. */
  private static @Nullable String refusal(ProbeRuns runs, List<ProbeInputs> candidates) {
    String failure = "";
    for (ProbeInputs inputs : candidates) {
      try {
        return disagreement(runs, inputs.ordinary());
      } catch (InferenceException e) {
        if (runs.stop.isCancelled()) {
          return "its signature, since a trial took longer than " + LIMIT;
        }
        failure = "a trial, which failed: " + e.getMessage();
      }
    }
    return failure;
  }

  private static @Nullable String disagreement(ProbeRuns runs, List<Tensors> examples) {
    List<Tensors> alone = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      alone.add(runs.one(0, examples.get(i)));
    }
    Deviations deviations = new Deviations(alone);
    for (int size = 2; size <= MOST; size++) {
      List<Tensors> batch = new ArrayList<>(examples.subList(0, size));
      Collections.reverse(batch); // so that an example has another row in each run
      Tensors[] answers = runs.together(0, batch.toArray(new Tensors[0]));
      for (int i = 0; i < size; i++) {
        if (!agree(runs, deviations, alone.get(size - 1 - i), answers[i])) {
          return "a trial: " + size + " examples run together got other answers than each alone";
        }
      }
    }
    return null;
  }

  private static boolean agree(
      ProbeRuns runs, Deviations deviations, Tensors alone, Tensors together) {
    double tolerance = runs.replicas.options.integrity().tolerance();
    for (int output = 0; output < alone.size(); output++) {
      if (deviations.of(output, alone, together) > tolerance) { // infinite for another shape
        return false;
      }
    }
    return true;
  }
}
