package dev.inproc.inference.engine;

import dev.inproc.inference.InferenceException;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tells whether a model that gave one example different answers keeps state or is random. Two fresh
 * loads make the same runs: state starts anew with each load and repeats the answers, randomness
 * does not.
 */
final class StateCheck {
  private StateCheck() {}

  static Nature tell(Supplier<LoadedModel> fresh, ProbeInputs inputs) {
    try {
      return answers(fresh, inputs).equals(answers(fresh, inputs)) ? Nature.STATE : Nature.RANDOM;
    } catch (InferenceException e) {
      return Nature.UNTOLD;
    }
  }

  private static List<Tensors> answers(Supplier<LoadedModel> fresh, ProbeInputs inputs) {
    LoadedModel model = fresh.get();
    try {
      Runner runner = model.runner(model.allOutputs());
      ProbeRuns runs = new ProbeRuns(model, runner, ProbeRuns.Pace.LOADING);
      long limit = Durations.of(model.replicas.options.integrity().timeLimit());
      Timer.Scheduled alarm = runs.stopAfter(limit);
      try {
        List<Tensors> answers = new ArrayList<>();
        for (int i : new int[] {0, 1, 0}) {
          answers.add(runs.one(0, inputs.ordinary().get(i)));
        }
        return answers;
      } finally {
        alarm.cancel();
      }
    } finally {
      model.discard();
    }
  }
}
