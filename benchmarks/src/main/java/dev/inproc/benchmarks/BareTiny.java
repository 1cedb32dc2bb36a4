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
 * The tiny network on ONNX Runtime's own binding, for a fixed number of rows, as an expert writes
 * it for one thread.
 */
final class BareTiny implements AutoCloseable {
  private static final int WIDTH = TinyData.WIDTH;

  private final OrtEnvironment environment = Setting.environment();
  private final OrtSession session;
  private final int rows;
  private final long[] inputShape;
  private final FloatBuffer input;
  private final FloatBuffer output;
  private final OnnxTensor inputTensor;
  private final OnnxTensor outputTensor;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> pinned;
  private final Set<String> none = Set.of();

  BareTiny(int rows) throws OrtException {
    this.rows = rows;
    session = Setting.bareSession(Models.tinyMlp());
    inputShape = new long[] {rows, WIDTH};
    input = direct(rows * WIDTH);
    output = direct(rows);
    inputTensor = OnnxTensor.createTensor(environment, input, inputShape);
    outputTensor = OnnxTensor.createTensor(environment, output, new long[] {rows, 1});
    inputs = Map.of("x", inputTensor);
    pinned = Map.of("y", outputTensor);
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
      float[] answer = new float[1];
      ((OnnxTensor) result.get(0)).getFloatBuffer().get(answer);
      return answer;
    }
  }

  /** Keeps everything: the fastest way there is. */
  float[] pinned(float[] row) throws OrtException {
    input.put(0, row);
    session.run(inputs, none, pinned).close();
    float[] answer = new float[1];
    output.get(0, answer);
    return answer;
  }

  /** Keeps everything; one answer for each row. */
  float[] pinned(List<float[]> all) throws OrtException {
    for (int i = 0; i < rows; i++) {
      input.put(i * WIDTH, all.get(i));
    }
    session.run(inputs, none, pinned).close();
    float[] answers = new float[rows];
    output.get(0, answers);
    return answers;
  }

  @Override
  public void close() throws OrtException {
    inputTensor.close();
    outputTensor.close();
    session.close();
  }
}
