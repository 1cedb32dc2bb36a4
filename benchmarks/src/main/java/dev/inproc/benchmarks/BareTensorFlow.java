package dev.inproc.benchmarks;

import dev.inproc.benchmarks.peers.RawTensorFlow;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.SessionFunction;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.FloatDataBuffer;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TFloat32;

/**
 * The tiny network on TensorFlow Java's own API, for a fixed number of rows, as an expert writes it
 * for one thread: operands looked up once, one input tensor kept and written in place, the same
 * numbers of threads as on the other side.
 */
final class BareTensorFlow implements AutoCloseable {
  private static final int WIDTH = TinyData.WIDTH;

  private final SavedModelBundle model;
  private final Session session;
  private final SessionFunction function;
  private final Output<?> x;
  private final Output<?> y;
  private final int rows;
  private final TFloat32 input;
  private final FloatDataBuffer inputValues;

  BareTensorFlow(Path directory, int rows) {
    this.rows = rows;
    model = RawTensorFlow.load(directory);
    session = model.session();
    function = model.function("serving_default");
    SignatureDef signature = model.metaGraphDef().getSignatureDefOrThrow("serving_default");
    x = output(signature.getInputsOrThrow("x").getName());
    y = output(signature.getOutputsOrThrow("y").getName());
    input = TFloat32.tensorOf(Shape.of(rows, WIDTH));
    inputValues = input.asRawTensor().data().asFloats();
  }

  private Output<?> output(String tensor) {
    String node = tensor.substring(0, tensor.indexOf(':'));
    return session.graph().operationOrThrow(node).output(0);
  }

  private void fill(List<float[]> all) {
    for (int i = 0; i < rows; i++) {
      inputValues.offset((long) i * WIDTH).write(all.get(i));
    }
  }

  private float[] answers(Result result) {
    float[] answers = new float[rows];
    result.get(0).asRawTensor().data().asFloats().read(answers);
    return answers;
  }

  /** The session's runner. */
  float[] runner(List<float[]> all) {
    fill(all);
    try (Result result = session.runner().feed(x, input).fetch(y).run()) {
      return answers(result);
    }
  }

  /** The session's runner, told to run on the calling thread, as the library does. */
  float[] runnerOnCallingThread(List<float[]> all) {
    fill(all);
    try (Result result =
        session.runner().setOptions(RawTensorFlow.CALLING_THREAD).feed(x, input).fetch(y).run()) {
      return answers(result);
    }
  }

  /** The signature as a function. */
  float[] function(List<float[]> all) {
    fill(all);
    try (Result result = function.call(Map.of("x", input))) {
      return answers(result);
    }
  }

  @Override
  public void close() {
    input.close();
    model.close();
  }
}
