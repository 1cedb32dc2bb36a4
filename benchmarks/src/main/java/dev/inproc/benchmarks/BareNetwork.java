package dev.inproc.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.onnx.testing.Models;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A multi-layer perceptron on ONNX Runtime's own binding, for a fixed number of rows, as an expert
 * writes it for one thread.
 */
final class BareNetwork implements AutoCloseable {
  private final OrtEnvironment environment = Setting.environment();
  private final OrtSession session;
  private final int rows;
  private final int width;
  private final int answerWidth;
  private final long[] inputShape;
  private final FloatBuffer input;
  private final FloatBuffer output;
  private final OnnxTensor inputTensor;
  private final OnnxTensor outputTensor;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> pinned;
  private final Set<String> none = Set.of();

  /**
   * Loads a model.
   *
   * @param width of a row
   * @param answerWidth of its answer
   */
  BareNetwork(byte[] model, int width, int answerWidth, int rows) throws OrtException {
    this.rows = rows;
    this.width = width;
    this.answerWidth = answerWidth;
    session = Setting.bareSession(model);
    inputShape = new long[] {rows, width};
    input = direct(rows * width);
    output = direct(rows * answerWidth);
    inputTensor = OnnxTensor.createTensor(environment, input, inputShape);
    outputTensor = OnnxTensor.createTensor(environment, output, new long[] {rows, answerWidth});
    inputs = Map.of("x", inputTensor);
    pinned = Map.of("y", outputTensor);
  }

  /** The network 16-8-1. */
  static BareNetwork tiny(int rows) throws OrtException {
    return new BareNetwork(Models.tinyMlp(), TinyData.WIDTH, 1, rows);
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** Keeps the direct buffer; makes the tensor, and lets ONNX Runtime make the output. */
  float[] fresh(float[] row) throws OrtException {
    input.put(0, row);
    try (OnnxTensor x = OnnxTensor.createTensor(environment, input, inputShape);
        OrtSession.Result result = session.run(Map.of("x", x))) {
      float[] answer = new float[answerWidth];
      ((OnnxTensor) result.get(0)).getFloatBuffer().get(answer);
      return answer;
    }
  }

  /** Keeps everything: the fastest way there is. */
  float[] pinned(float[] row) throws OrtException {
    input.put(0, row);
    session.run(inputs, none, pinned).close();
    float[] answer = new float[answerWidth];
    output.get(0, answer);
    return answer;
  }

  /** Keeps everything; the rows' answers in one array. */
  float[] pinned(List<float[]> all) throws OrtException {
    run(all);
    float[] answers = new float[rows * answerWidth];
    output.get(0, answers);
    return answers;
  }

  /** Keeps everything; each row's answer in an array of its own. */
  float[][] each(List<float[]> all) throws OrtException {
    run(all);
    float[][] answers = new float[rows][answerWidth];
    for (int i = 0; i < rows; i++) {
      output.get(i * answerWidth, answers[i]);
    }
    return answers;
  }

  private void run(List<float[]> all) throws OrtException {
    for (int i = 0; i < rows; i++) {
      input.put(i * width, all.get(i));
    }
    session.run(inputs, none, pinned).close();
  }

  @Override
  public void close() throws OrtException {
    inputTensor.close();
    outputTensor.close();
    session.close();
  }
}
