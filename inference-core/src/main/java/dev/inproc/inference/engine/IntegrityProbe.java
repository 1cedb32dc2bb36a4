package dev.inproc.inference.engine;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.engine.Integrity.Finding;
import dev.inproc.inference.engine.Integrity.Status;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Measures whether an answer depends on the examples in the same run. Each comparison is with the
 * answer that the same example gets alone, on the same device. Cheap comparisons come first, since
 * time may run out: small batches, then padding, then larger batches. If an example gets two
 * different answers alone, the probe ends: the model is random or keeps state, and there is no
 * answer to compare with.
 */
final class IntegrityProbe {
  private static final int[] BATCH_SIZES = {2, 3, 8, 32};

  /**
   * What a probe found.
   *
   * @param differs whether an example alone got different answers
   * @param inputs that the model took, null if it took none
   */
  record Outcome(Integrity integrity, boolean differs, @Nullable ProbeInputs inputs) {}

  private final ReplicaSet replicas;
  private final ProbeRuns runs;
  private final IntegrityOptions options;
  private final boolean loneOnly;
  private final @Nullable Long end;
  private final List<Finding> findings = new ArrayList<>();
  private boolean complete = true;
  private boolean differs;
  private @Nullable ProbeInputs taken;
  private int replica;

  private IntegrityProbe(ProbeRuns runs, boolean loneOnly, @Nullable Long end) {
    this.runs = runs;
    replicas = runs.replicas;
    options = replicas.options.integrity();
    this.loneOnly = loneOnly;
    this.end = end;
  }

  /** Probes a model that serves no calls yet, within the time limit. */
  static Outcome atLoad(ProbeRuns runs) {
    Integrity without = without(runs.runner);
    if (without != null) {
      return new Outcome(without, false, null);
    }
    long limit = Durations.of(runs.replicas.options.integrity().timeLimit());
    Timer.Scheduled alarm = runs.stopAfter(limit);
    try {
      return run(runs, runs.replicas.timer.nanoTime() + limit);
    } finally {
      alarm.cancel();
    }
  }

  /** Probes without a limit, until the runs' switch stops it. */
  static Outcome unhurried(ProbeRuns runs) {
    return run(runs, null);
  }

  private static Outcome run(ProbeRuns runs, @Nullable Long end) {
    return new IntegrityProbe(runs, isAlone(runs.runner), end).run();
  }

  /** Returns the finding for a model that needs no probe; null if it needs one. */
  static @Nullable Integrity without(Runner runner) {
    ReplicaSet replicas = runner.replicas();
    if (!replicas.options.integrity().isEnabled()) {
      return Integrity.unchecked(Status.SKIPPED, "switched off by IntegrityOptions.skip()");
    }
    boolean stateless = replicas.statefulness() == Statefulness.NONE;
    return stateless && isAlone(runner) ? needless() : null;
  }

  private static boolean isAlone(Runner runner) {
    return runner.mostRows(runner.replicas().layout.newSizes(0)) == 1;
  }

  static Integrity needless() {
    return Integrity.unchecked(Status.NEEDLESS, "examples are run one by one anyway");
  }

  private Outcome run() {
    Set<String> kinds = new HashSet<>();
    for (replica = 0; replica < replicas.size(); replica++) {
      if (kinds.add(replicas.all.get(replica).device().kind())) {
        String refusal = probeReplica();
        if (refusal != null) {
          return new Outcome(refused(refusal), differs, taken);
        }
      }
    }
    return new Outcome(found(), differs, taken);
  }

  private Integrity refused(String refusal) {
    return loneOnly ? needless() : Integrity.unchecked(Status.REFUSED, refusal);
  }

  private Integrity found() {
    Integrity found = Integrity.of(findings, options.tolerance(), replicas.setting());
    if (!complete) {
      String what = findings.isEmpty() ? "one example alone" : "the probe";
      return found.unfinished(
          what
              + " took longer than "
              + options.timeLimit()
              + ", the limit of IntegrityOptions.withTimeLimit; the probe goes on in the background");
    }
    return loneOnly ? needless() : found;
  }

  /**
   * Probes one replica with the first inputs that the model accepts. Returns why it accepts none,
   * or null.
   */
  private @Nullable String probeReplica() {
    String refusal = "";
    for (ProbeInputs inputs : ProbeInputs.candidates(replicas.layout, given(runs.runner))) {
      List<Tensors> alone = new ArrayList<>();
      try {
        for (Tensors each : loneOnly ? inputs.ordinary().subList(0, 1) : inputs.ordinary()) {
          alone.add(runs.one(replica, each));
        }
      } catch (InferenceException e) {
        if (runs.stop.isCancelled()) {
          complete = false;
          return null;
        }
        refusal = String.valueOf(e.getMessage());
        continue;
      }
      taken = inputs;
      compare(inputs, alone);
      return null;
    }
    String whose = options.inputs().isEmpty() ? "inputs made up" : "the inputs given";
    return "the model refused " + whose + ": " + refusal;
  }

  /** Returns the user's examples after checking them. */
  static List<Tensors> given(Runner runner) {
    ReplicaSet replicas = runner.replicas();
    List<Tensors> inputs = replicas.options.integrity().inputs();
    for (Tensors each : inputs) {
      try {
        var unused = check(replicas, each);
      } catch (InferenceException e) {
        throw new IllegalArgumentException("IntegrityOptions.withInputs: " + e.getMessage(), e);
      }
    }
    Tensors example = replicas.options.warmUpExample();
    if (!inputs.isEmpty() || example == null) {
      return ordinary(runner, inputs);
    }
    try {
      return ordinary(runner, List.of(example));
    } catch (InferenceException e) {
      return List.of(); // warm-up reports the fault
    }
  }

  /** Drops examples that always run alone. */
  private static List<Tensors> ordinary(Runner runner, List<Tensors> examples) {
    return examples.stream().filter(each -> runner.mayPad(check(runner.replicas(), each))).toList();
  }

  private static long[] check(ReplicaSet replicas, Tensors example) {
    return InputCheck.example(replicas.layout, example, replicas.options.maxRunBytes());
  }

  private void compare(ProbeInputs inputs, List<Tensors> alone) {
    Deviations deviations = new Deviations(alone);
    attempt(ProbeCompanions.NONE, 1, () -> again(inputs, alone, deviations));
    if (loneOnly || isRestless()) {
      return;
    }
    List<ProbeCompanions> kinds = new ArrayList<>(List.of(ProbeCompanions.ORDINARY));
    if (inputs.hasFloats()) {
      kinds.addAll(List.of(ProbeCompanions.OUTLIERS, ProbeCompanions.NANS));
    }
    for (int size : sizes(inputs)) {
      for (ProbeCompanions kind : kinds) {
        attempt(kind, size, () -> beside(kind, size, inputs, alone, deviations));
      }
      if (size == BATCH_SIZES[0] && runs.runner.canPad()) {
        attempt(ProbeCompanions.LONGER, size, () -> padded(inputs, alone, deviations));
      }
    }
    if (replicas.statefulness() != Statefulness.NONE) {
      // Finds state that the outliers and NaN above may have left.
      attempt(ProbeCompanions.NONE, 1, () -> again(inputs, alone, deviations));
    }
  }

  /** Whether an example alone got two different answers. */
  private boolean isRestless() {
    return findings.stream()
        .anyMatch(
            f -> f.companions() == ProbeCompanions.NONE && !(f.deviation() <= options.tolerance()));
  }

  private int[] sizes(ProbeInputs inputs) {
    int most = runs.runner.mostRows(replicas.layout.sizesOf(inputs.ordinary().get(0)));
    IntStream usual = Arrays.stream(BATCH_SIZES).filter(size -> size <= most);
    boolean between = most < BATCH_SIZES[BATCH_SIZES.length - 1];
    return (between ? IntStream.concat(usual, IntStream.of(most)) : usual).distinct().toArray();
  }

  /** A comparison. */
  private interface Comparison {
    Finding make();
  }

  private void attempt(ProbeCompanions kind, int size, Comparison comparison) {
    double needed = size * runs.nanosPerRow();
    if (runs.stop.isCancelled() || (end != null && replicas.timer.nanoTime() + needed - end >= 0)) {
      complete = false;
      return;
    }
    try {
      findings.add(comparison.make());
    } catch (InferenceException e) {
      if (runs.stop.isCancelled()) {
        complete = false;
      } else {
        // The example runs alone and fails in a batch: an infinite deviation.
        findings.add(new Finding(kind, size, "", Double.POSITIVE_INFINITY));
      }
    }
  }

  private Finding again(ProbeInputs inputs, List<Tensors> alone, Deviations deviations) {
    Tensors[] second = {runs.one(replica, inputs.ordinary().get(0))};
    Finding finding = worst(ProbeCompanions.NONE, 1, alone.subList(0, 1), second, deviations);
    differs |= finding.deviation() > 0;
    return finding;
  }

  /**
   * Compares the first example beside companions of a kind. Ordinary companions are compared too.
   */
  private Finding beside(
      ProbeCompanions kind,
      int size,
      ProbeInputs inputs,
      List<Tensors> alone,
      Deviations deviations) {
    Tensors[] batch = new Tensors[size];
    List<@Nullable Tensors> expected = new ArrayList<>();
    int place = size / 2;
    for (int i = 0; i < size; i++) {
      int which = Math.floorMod(i - place, alone.size());
      boolean compared = i == place || kind == ProbeCompanions.ORDINARY;
      batch[i] = compared ? inputs.ordinary().get(which) : inputs.companion(kind, which);
      expected.add(compared ? alone.get(which) : null);
    }
    return worst(kind, size, expected, runs.together(replica, batch), deviations);
  }

  private Finding padded(ProbeInputs inputs, List<Tensors> alone, Deviations deviations) {
    Tensors first = inputs.ordinary().get(0);
    try {
      Tensors[] answers = runs.together(replica, inputs.longer(), first);
      return worst(
          ProbeCompanions.LONGER, 2, alone.subList(0, 1), new Tensors[] {answers[1]}, deviations);
    } catch (InferenceException e) {
      if (runs.stop.isCancelled() || takes(inputs.longer())) {
        throw e;
      }
    }
    // The stretched example is too long for the model, so a shorter one is padded instead.
    Tensors shorter = inputs.shorter(replicas.layout);
    List<Tensors> own = List.of(runs.one(replica, shorter));
    Tensors[] answers = runs.together(replica, first, shorter);
    return worst(ProbeCompanions.LONGER, 2, own, new Tensors[] {answers[1]}, new Deviations(own));
  }

  private boolean takes(Tensors example) {
    try {
      runs.one(replica, example);
      return true;
    } catch (InferenceException e) {
      if (runs.stop.isCancelled()) {
        throw e;
      }
      return false;
    }
  }

  private Finding worst(
      ProbeCompanions kind,
      int size,
      List<? extends @Nullable Tensors> expected,
      Tensors[] answers,
      Deviations deviations) {
    int output = 0;
    double worst = 0;
    for (int row = 0; row < answers.length; row++) {
      Tensors alone = expected.get(row);
      for (int each = 0; alone != null && each < alone.size(); each++) {
        double deviation = deviations.of(each, alone, answers[row]);
        if (deviation > worst) {
          worst = deviation;
          output = each;
        }
      }
    }
    return new Finding(kind, size, answers[0].names().get(output), worst);
  }
}
