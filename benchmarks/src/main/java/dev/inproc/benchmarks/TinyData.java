package dev.inproc.benchmarks;

import dev.inproc.inference.onnx.testing.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Rows for the tiny network 16-8-1, the same in every run, and what it must answer. */
final class TinyData {
  static final int WIDTH = 16;
  static final int ROWS = 64;

  private TinyData() {}

  static List<float[]> rows() {
    Random random = new Random(16);
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] row = new float[WIDTH];
      for (int j = 0; j < WIDTH; j++) {
        row[j] = random.nextFloat() * 2 - 1;
      }
      rows.add(row);
    }
    return rows;
  }

  /** The answers in pure Java, one value for each row. */
  static float[] answers(List<float[]> rows) {
    float[] answers = new float[rows.size()];
    for (int i = 0; i < answers.length; i++) {
      answers[i] = Models.tinyMlpReference(rows.get(i))[0];
    }
    return answers;
  }

  /** Puts answers of one value each into one array. */
  static float[] join(List<float[]> answers) {
    float[] joined = new float[answers.size()];
    for (int i = 0; i < joined.length; i++) {
      joined[i] = answers.get(i)[0];
    }
    return joined;
  }
}
