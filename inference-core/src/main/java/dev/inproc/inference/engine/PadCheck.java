package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that {@link SessionOptions.Builder#pad} names the right inputs, and has an effect. */
final class PadCheck {
  private PadCheck() {}

  /**
   * Checks the names.
   *
   * @throws IllegalArgumentException naming the inputs that are unknown, missing or too many
   */
  static void names(ReplicaSet replicas) {
    Layout layout = replicas.layout;
    Map<String, Double> pads = new HashMap<>(replicas.options.padValues());
    ReplicaSet.requireInputs(replicas.first(), pads.keySet());
    pads.keySet().removeAll(replicas.first().unusedInputs());
    if (pads.isEmpty() || !layout.isBatched()) {
      return;
    }
    List<String> missing = new ArrayList<>();
    List<String> needless = new ArrayList<>();
    for (int input = 0; input < layout.inputs(); input++) {
      TensorSpec spec = layout.inputSpec(input);
      boolean sized = OptionalPads.isSized(layout, input);
      if (sized && !pads.containsKey(spec.name())) {
        missing.add(spec.toString());
      } else if (!sized && pads.containsKey(spec.name())) {
        needless.add(spec.toString());
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "SessionOptions.pad is given for "
              + pads.keySet()
              + ", but examples can be padded only if every input with dynamic dimensions has a"
              + " value to be filled up with; missing: "
              + missing);
    }
    if (!needless.isEmpty()) {
      throw new IllegalArgumentException(
          "SessionOptions.pad is given for inputs without dynamic dimensions, which are never"
              + " padded: "
              + needless);
    }
  }

  /** Logs a warning if padding is asked for and impossible. */
  static void effect(ReplicaSet replicas, Runner runner) {
    if (!replicas.options.padValues().isEmpty() && !runner.canPad()) {
      SessionLog.LOG.log(
          System.Logger.Level.WARNING,
          "{0}: SessionOptions.pad has no effect, examples of different sizes run apart: {1}",
          replicas.name,
          replicas.layout.isBatched()
              ? "the signature does not tell how long each answer is, " + replicas.layout.raw()
              : "the model has no batch axis");
    }
  }
}
