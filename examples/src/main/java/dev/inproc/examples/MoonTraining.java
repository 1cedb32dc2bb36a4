package dev.inproc.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gradients;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** Trains a network 2-16-1 in TensorFlow Java, by gradient descent, and exports it. */
final class MoonTraining {
  private static final int HIDDEN = 16;
  private static final float RATE = 1f;

  private MoonTraining() {}

  /**
   * Trains and writes a SavedModel with the input {@code point} and the output {@code probability}.
   *
   * @param steps passes over all the points
   * @return the loss after the last step, the mean cross-entropy
   */
  static float train(TwoMoons moons, int steps, Random random, Path directory) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> point =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, 2)));
      Placeholder<TFloat32> label =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, 1)));
      Variable<TFloat32> weights1 = tf.variable(tf.constant(uniform(random, 2, HIDDEN)));
      Variable<TFloat32> bias1 = tf.variable(tf.constant(new float[HIDDEN]));
      Variable<TFloat32> weights2 = tf.variable(tf.constant(uniform(random, HIDDEN, 1)));
      Variable<TFloat32> bias2 = tf.variable(tf.constant(new float[1]));
      Operand<TFloat32> hidden =
          tf.math.tanh(tf.math.add(tf.linalg.matMul(point, weights1), bias1));
      Operand<TFloat32> logit = tf.math.add(tf.linalg.matMul(hidden, weights2), bias2);
      Operand<TFloat32> probability = tf.math.sigmoid(logit);
      // Cross-entropy of a logit: log(1 + exp(logit)) - label * logit.
      Operand<TFloat32> each = tf.math.sub(tf.math.softplus(logit), tf.math.mul(label, logit));
      Operand<TFloat32> loss = tf.math.mean(each, tf.constant(new int[] {0, 1}));

      List<Variable<TFloat32>> variables = List.of(weights1, bias1, weights2, bias2);
      Gradients gradients = tf.gradients(loss, variables);
      List<Op> updates = new ArrayList<>();
      for (int i = 0; i < variables.size(); i++) {
        updates.add(
            tf.train.applyGradientDescent(
                variables.get(i), tf.constant(RATE), gradients.<TFloat32>dy(i)));
      }
      session.initialize();
      float last = descend(session, moons, steps, point, label, loss, updates);
      Signature signature =
          Signature.builder()
              .key("serving_default")
              .input("point", point)
              .output("probability", probability)
              .build();
      SavedModelBundle.exporter(directory.toString())
          .withSession(session)
          .withSignature(signature)
          .export();
      return last;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float descend(
      Session session,
      TwoMoons moons,
      int steps,
      Operand<TFloat32> point,
      Operand<TFloat32> label,
      Operand<TFloat32> loss,
      List<Op> updates) {
    float[][] labels = new float[moons.size()][1];
    for (int i = 0; i < labels.length; i++) {
      labels[i][0] = moons.upper()[i] ? 1 : 0;
    }
    float last = Float.NaN;
    try (TFloat32 points = TFloat32.tensorOf(StdArrays.ndCopyOf(moons.points()));
        TFloat32 truth = TFloat32.tensorOf(StdArrays.ndCopyOf(labels))) {
      for (int step = 0; step < steps; step++) {
        Session.Runner runner = session.runner().feed(point, points).feed(label, truth).fetch(loss);
        updates.forEach(runner::addTarget);
        try (Result result = runner.run()) {
          last = ((TFloat32) result.get(0)).getFloat();
        }
      }
    }
    return last;
  }

  private static float[][] uniform(Random random, int rows, int columns) {
    float[][] values = new float[rows][columns];
    for (float[] row : values) {
      for (int i = 0; i < columns; i++) {
        row[i] = (random.nextFloat() * 2 - 1) * 1.5f;
      }
    }
    return values;
  }
}
