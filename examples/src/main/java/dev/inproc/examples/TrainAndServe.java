package dev.inproc.examples;

import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.TensorFlowEngine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Trains a small network in TensorFlow Java to tell two half circles apart, exports it as a
 * SavedModel, and serves it.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.TrainAndServe
 * }</pre>
 */
public final class TrainAndServe {
  private static final long SEED = 11;
  private static final int POINTS = 1000;
  private static final int STEPS = 1500;

  private TrainAndServe() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path directory = Files.createTempDirectory("moons-");
    try {
      run(out, directory, STEPS);
    } finally {
      delete(directory);
    }
  }

  /** Returns the share of held-out points told right. */
  static double run(PrintStream out, Path directory, int steps) throws IOException {
    Random random = new Random(SEED);
    TwoMoons training = TwoMoons.make(POINTS, random);
    TwoMoons heldOut = TwoMoons.make(POINTS, random);
    Path model = directory.resolve("model");
    float loss =
        Progress.during("Training", () -> MoonTraining.train(training, steps, random, model));
    out.printf(Locale.ROOT, "Trained %d steps on %,d points, loss %.3f%n%n", steps, POINTS, loss);

    try (Session session = new TensorFlowEngine().load(ModelSource.file(model));
        Predictor<float[], Float> moons =
            session.with(
                Codec.of(
                    point -> Tensors.of("point", Tensor.of(point)),
                    answer -> answer.get("probability").getFloat(0)))) {
      out.println("Serving " + session.signature());
      List<Float> answers = moons.predictAll(Arrays.asList(heldOut.points()));
      out.printf(Locale.ROOT, "%n%8s%8s%9s  %s%n", "x", "y", "upper?", "truth");
      for (int i = 0; i < 6; i++) {
        float[] point = heldOut.points()[i];
        String truth = heldOut.upper()[i] ? "upper" : "lower";
        out.printf(Locale.ROOT, "%8.2f%8.2f%9.3f  %s%n", point[0], point[1], answers.get(i), truth);
      }
      int right = 0;
      for (int i = 0; i < answers.size(); i++) {
        right += answers.get(i) > 0.5 == heldOut.upper()[i] ? 1 : 0;
      }
      double accuracy = right / (double) answers.size();
      out.printf(
          Locale.ROOT, "%nAccuracy on %,d held-out points: %.3f%n", answers.size(), accuracy);
      return accuracy;
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
