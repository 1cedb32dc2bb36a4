package dev.inproc.examples;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The outcome of some rounds over the same examples.
 *
 * @param first the first round's answers and the time of each call
 * @param rounds time and engine runs of each round
 * @param differs the examples of which a later round's answer is not the first's, bit for bit
 */
record Rounds(RunMode.Answers first, List<Round> rounds, Set<Integer> differs) {

  /** What one round took. */
  record Round(long nanos, long engineRuns) {
    double millis() {
      return nanos / 1e6;
    }
  }

  /** Runs so many rounds, one after the other. */
  static Rounds run(
      RunMode mode,
      Predictor<Tensors, Tensors> predictor,
      Session session,
      List<Tensors> examples,
      int count) {
    RunMode.Answers first = null;
    List<Round> rounds = new ArrayList<>();
    Set<Integer> differs = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      long before = session.engineRuns();
      long start = System.nanoTime();
      RunMode.Answers round = mode.answer(predictor, session, examples);
      rounds.add(new Round(System.nanoTime() - start, session.engineRuns() - before));
      if (first == null) {
        first = round;
      }
      for (int example = 0; example < examples.size(); example++) {
        if (!round.answers().get(example).equals(first.answers().get(example))) {
          differs.add(example);
        }
      }
    }
    if (first == null) {
      throw new IllegalArgumentException("At least one round is needed, got " + count);
    }
    return new Rounds(first, rounds, differs);
  }

  long engineRuns() {
    return rounds.stream().mapToLong(Round::engineRuns).sum();
  }
}
