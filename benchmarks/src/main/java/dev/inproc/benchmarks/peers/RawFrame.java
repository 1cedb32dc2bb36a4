package dev.inproc.benchmarks.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.inproc.benchmarks.Setting;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Kept tensors of one shape, for one thread. */
final class RawFrame implements AutoCloseable {
  private final OrtSession session;
  private final List<Buffer> buffers = new ArrayList<>();
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private final Map<String, OnnxTensor> pinned;
  private final FloatBuffer answers;
  private final Set<String> none = Set.of();

  RawFrame(OrtSession session, Row first, int rows, String output) throws OrtException {
    this.session = session;
    OrtEnvironment environment = Setting.environment();
    for (int i = 0; i < first.names().size(); i++) {
      long[] shape = first.shape(i, rows);
      boolean integers = first.arrays().get(i) instanceof long[];
      ByteBuffer bytes = direct(size(shape) * (integers ? Long.BYTES : Float.BYTES));
      OnnxTensor tensor;
      if (integers) {
        LongBuffer longs = bytes.asLongBuffer();
        buffers.add(longs);
        tensor = OnnxTensor.createTensor(environment, longs, shape);
      } else {
        FloatBuffer floats = bytes.asFloatBuffer();
        buffers.add(floats);
        tensor = OnnxTensor.createTensor(environment, floats, shape);
      }
      inputs.put(first.names().get(i), tensor);
    }
    fill(first, 0);
    long[] shape;
    try (OrtSession.Result result = session.run(inputs, Set.of(output))) {
      shape = ((TensorInfo) result.get(0).getInfo()).getShape();
    }
    answers = direct(size(shape) * Float.BYTES).asFloatBuffer();
    pinned = Map.of(output, OnnxTensor.createTensor(environment, answers, shape));
  }

  private static int size(long[] shape) {
    long size = 1;
    for (long dim : shape) {
      size *= dim;
    }
    return Math.toIntExact(size);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private void fill(Row row, int at) {
    for (int i = 0; i < buffers.size(); i++) {
      if (buffers.get(i) instanceof LongBuffer longs) {
        long[] values = (long[]) row.arrays().get(i);
        longs.put(at * values.length, values);
      } else {
        float[] values = (float[]) row.arrays().get(i);
        ((FloatBuffer) buffers.get(i)).put(at * values.length, values);
      }
    }
  }

  /** Runs as many rows as it was made for. */
  float[] run(List<Row> batch) throws OrtException {
    for (int i = 0; i < batch.size(); i++) {
      fill(batch.get(i), i);
    }
    session.run(inputs, none, pinned).close();
    float[] copy = new float[answers.capacity()];
    answers.get(0, copy);
    return copy;
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    pinned.values().forEach(OnnxTensor::close);
  }
}
