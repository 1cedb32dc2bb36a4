package dev.inproc.inference.engine;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.concurrent.Nanos;
import dev.inproc.inference.concurrent.Timer;
import dev.inproc.inference.engine.Integrity.Finding;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether an answer depends on the examples run with it. Every comparison is with the
 * answer that the same example gets alone, on the same device. Cheap comparisons come first, since
 * time may run out: small batches, then padding, then larger ones.
 */
final class IntegrityProbe {
  private static final int[] BATCH_SIZES = {2, 3, 8, 32};

  private final LoadedModel model;
  private final Layout layout;
  private final Runner runner;
  private final IntegrityOptions options;
  private final Cancellation stop = new Cancellation();
  private final long end;
  private final List<Finding> findings = new ArrayList<>();
  private boolean complete = true;
  private int copy;
  private double nanosPerRow;

  private IntegrityProbe(LoadedModel model, Runner runner, IntegrityOptions options) {
    this.model = model;
    this.layout = model.layout;
    this.runner = runner;
    this.options = options;
    end = model.timer.nanoTime() + Nanos.of(options.timeLimit());
  }

  /**
   * Probes a model that nobody uses yet.
   *
   * @param runner of all outputs
   */
  static Integrity run(LoadedModel model, Runner runner) {
    IntegrityOptions options = model.options.integrity();
    String needless = needless(model, options, runner);
    if (needless != null) {
      return Integrity.unchecked(needless);
    }
    IntegrityProbe probe = new IntegrityProbe(model, runner, options);
    Timer.Scheduled alarm = model.timer.schedule(probe.stop::cancel, Nanos.of(options.timeLimit()));
    try {
      return probe.run();
    } finally {
      alarm.cancel();
    }
  }

  private static @Nullable String needless(
      LoadedModel model, IntegrityOptions options, Runner runner) {
    if (!options.isEnabled()) {
      return "switched off by IntegrityOptions.skip()";
    }
    boolean alone = !model.layout.isBatched() || runner.maxRows(model.layout.newSizes(0)) == 1;
    return alone ? "examples are run one by one anyway" : null;
  }

  /** What the finding holds for. */
  static String setting(LoadedModel model) {
    NativeModel first = model.copies.get(0);
    String devices = String.join(", ", model.copies.stream().map(c -> c.device() + "").toList());
    return devices + ", " + CpuFeatures.describe() + ", " + first.runtime();
  }

  private Integrity run() {
    Set<String> kinds = new HashSet<>();
    for (copy = 0; copy < model.copies.size(); copy++) {
      if (kinds.add(model.copies.get(copy).device().kind())) {
        String refusal = probeCopy();
        if (refusal != null) {
          return Integrity.unchecked(refusal);
        }
      }
    }
    return findings.isEmpty()
        ? Integrity.unchecked("one example alone took longer than " + options.timeLimit())
        : Integrity.of(findings, options.tolerance(), setting(model), complete);
  }

  /** Probes with the first inputs that the model takes; returns why none would do, or null. */
  private @Nullable String probeCopy() {
    String refusal = "";
    for (ProbeInputs inputs : ProbeInputs.candidates(layout, given())) {
      List<Tensors> alone = new ArrayList<>();
      try {
        for (Tensors each : inputs.ordinary()) {
          alone.add(run(each)[0]);
        }
      } catch (InferenceException e) {
        if (stop.isCancelled()) {
          complete = false;
          return null;
        }
        refusal = String.valueOf(e.getMessage());
        continue;
      }
      compare(inputs, alone);
      return null;
    }
    String whose = options.inputs().isEmpty() ? "inputs made up" : "the inputs given";
    return "the model refused " + whose + ": " + refusal;
  }

  private List<Tensors> given() {
    for (Tensors each : options.inputs()) {
      try {
        check(each);
      } catch (InferenceException e) {
        throw new IllegalArgumentException("IntegrityOptions.withInputs: " + e.getMessage(), e);
      }
    }
    Tensors example = model.options.warmUpExample();
    if (!options.inputs().isEmpty() || example == null) {
      return ordinary(options.inputs());
    }
    try {
      return ordinary(List.of(example));
    } catch (InferenceException e) {
      return List.of(); // warming up says what is wrong with it
    }
  }

  /** Without examples that never run with others. */
  private List<Tensors> ordinary(List<Tensors> examples) {
    return examples.stream().filter(each -> runner.mayPad(check(each))).toList();
  }

  private long[] check(Tensors example) {
    return InputCheck.example(layout, example, model.options.maxRunBytes());
  }

  private void compare(ProbeInputs inputs, List<Tensors> alone) {
    Deviations deviations = new Deviations(alone);
    List<Mates> kinds = new ArrayList<>(List.of(Mates.ORDINARY));
    if (inputs.hasFloats()) {
      kinds.addAll(List.of(Mates.OUTLIERS, Mates.NANS));
    }
    attempt(Mates.NONE, 1, () -> again(inputs, alone, deviations));
    for (int size : sizes(inputs)) {
      for (Mates kind : kinds) {
        attempt(kind, size, () -> beside(kind, size, inputs, alone, deviations));
      }
      if (size == BATCH_SIZES[0] && runner.pads()) {
        attempt(Mates.LONGER, size, () -> padded(inputs, alone, deviations));
      }
    }
  }

  private int[] sizes(ProbeInputs inputs) {
    int most = runner.maxRows(layout.sizesOf(inputs.ordinary().get(0)));
    IntStream usual = Arrays.stream(BATCH_SIZES).filter(size -> size <= most);
    boolean between = most < BATCH_SIZES[BATCH_SIZES.length - 1];
    return (between ? IntStream.concat(usual, IntStream.of(most)) : usual).distinct().toArray();
  }

  /** A comparison. */
  private interface Comparison {
    Finding make();
  }

  private void attempt(Mates kind, int size, Comparison comparison) {
    if (model.timer.nanoTime() + size * nanosPerRow - end >= 0) {
      complete = false;
      return;
    }
    try {
      findings.add(comparison.make());
    } catch (InferenceException e) {
      boolean inTime = !stop.isCancelled();
      if (inTime && kind != Mates.LONGER) {
        // What runs alone fails in a batch: as different as answers can be.
        findings.add(new Finding(kind, size, "", Double.POSITIVE_INFINITY));
      }
      complete &= inTime; // a longer example than the user's may be too long for the model
    }
  }

  private Finding again(ProbeInputs inputs, List<Tensors> alone, Deviations deviations) {
    Tensors[] second = run(inputs.ordinary().get(0));
    return worst(Mates.NONE, 1, alone.subList(0, 1), second, deviations);
  }

  /** The first example among mates of a kind; among ordinary ones, each is compared. */
  private Finding beside(
      Mates kind, int size, ProbeInputs inputs, List<Tensors> alone, Deviations deviations) {
    Tensors[] batch = new Tensors[size];
    List<@Nullable Tensors> expected = new ArrayList<>();
    int place = size / 2;
    for (int i = 0; i < size; i++) {
      int which = Math.floorMod(i - place, alone.size());
      boolean compared = i == place || kind == Mates.ORDINARY;
      batch[i] = compared ? inputs.ordinary().get(which) : inputs.mate(kind, which);
      expected.add(compared ? alone.get(which) : null);
    }
    return worst(kind, size, expected, run(batch), deviations);
  }

  private Finding padded(ProbeInputs inputs, List<Tensors> alone, Deviations deviations) {
    Tensors[] batch = {inputs.longer(), inputs.ordinary().get(0)};
    Tensors[] answers = run(batch);
    return worst(Mates.LONGER, 2, alone.subList(0, 1), new Tensors[] {answers[1]}, deviations);
  }

  private Tensors[] run(Tensors... batch) {
    long[][] sizes = new long[batch.length][];
    long[] padded = check(batch[0]);
    for (int i = 0; i < batch.length; i++) {
      sizes[i] = check(batch[i]);
      padded = RunPlan.max(padded, sizes[i]);
    }
    long start = model.timer.nanoTime();
    Tensors[] answers = runner.runOn(copy, batch, sizes, padded, stop);
    nanosPerRow = (double) (model.timer.nanoTime() - start) / batch.length;
    return answers;
  }

  private Finding worst(
      Mates kind,
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
