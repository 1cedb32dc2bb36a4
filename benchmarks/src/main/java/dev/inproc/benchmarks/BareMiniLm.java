package dev.inproc.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * MiniLM on ONNX Runtime's own binding: one kept frame of inputs and pinned output for each shape,
 * as an expert writes it for one thread. Every text's answer is a fresh array of its own vectors.
 */
final class BareMiniLm implements AutoCloseable {
  private final OrtSession session;
  private final Map<Long, Frame> frames = new TreeMap<>();

  BareMiniLm() throws OrtException {
    session = Setting.bareSession(MiniLm.model());
  }

  /** Runs texts of any lengths together, padded to the longest. */
  float[][] padded(List<long[]> texts) throws OrtException {
    int longest = 0;
    for (long[] text : texts) {
      longest = Math.max(longest, text.length);
    }
    Frame frame = frame(texts.size(), longest);
    for (int row = 0; row < texts.size(); row++) {
      frame.fill(row, texts.get(row));
    }
    frame.run(session);
    float[][] answers = new float[texts.size()][];
    for (int row = 0; row < answers.length; row++) {
      answers[row] = frame.read(row, texts.get(row).length);
    }
    return answers;
  }

  /** Runs texts once for each length that occurs, without padding. */
  float[][] exact(List<long[]> texts) throws OrtException {
    Map<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int i = 0; i < texts.size(); i++) {
      byLength.computeIfAbsent(texts.get(i).length, length -> new ArrayList<>()).add(i);
    }
    float[][] answers = new float[texts.size()][];
    for (Map.Entry<Integer, List<Integer>> group : byLength.entrySet()) {
      List<Integer> members = group.getValue();
      Frame frame = frame(members.size(), group.getKey());
      for (int row = 0; row < members.size(); row++) {
        frame.fill(row, texts.get(members.get(row)));
      }
      frame.run(session);
      for (int row = 0; row < members.size(); row++) {
        answers[members.get(row)] = frame.read(row, group.getKey());
      }
    }
    return answers;
  }

  private Frame frame(int rows, int length) throws OrtException {
    long key = ((long) rows << 32) | length;
    Frame frame = frames.get(key);
    if (frame == null) {
      frame = new Frame(rows, length);
      frames.put(key, frame);
    }
    return frame;
  }

  @Override
  public void close() throws OrtException {
    frames.values().forEach(Frame::close);
    session.close();
  }

  /** The tensors of one shape. */
  private static final class Frame {
    private final int length;
    private final LongBuffer ids;
    private final LongBuffer mask;
    private final FloatBuffer output;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> pinned;

    Frame(int rows, int length) throws OrtException {
      this.length = length;
      OrtEnvironment environment = Setting.environment();
      int tokens = rows * length;
      long[] shape = {rows, length};
      ids = direct(tokens * Long.BYTES).asLongBuffer();
      mask = direct(tokens * Long.BYTES).asLongBuffer();
      LongBuffer types = direct(tokens * Long.BYTES).asLongBuffer(); // zeros for ever
      output = direct(tokens * MiniLm.WIDTH * Float.BYTES).asFloatBuffer();
      inputs =
          Map.of(
              MiniLm.IDS, OnnxTensor.createTensor(environment, ids, shape),
              MiniLm.MASK, OnnxTensor.createTensor(environment, mask, shape),
              MiniLm.TYPES, OnnxTensor.createTensor(environment, types, shape));
      long[] outputShape = {rows, length, MiniLm.WIDTH};
      pinned = Map.of(MiniLm.OUTPUT, OnnxTensor.createTensor(environment, output, outputShape));
    }

    private static ByteBuffer direct(int bytes) {
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    void fill(int row, long[] text) {
      int start = row * length;
      ids.put(start, text);
      for (int i = 0; i < length; i++) {
        mask.put(start + i, i < text.length ? 1 : 0);
        if (i >= text.length) {
          ids.put(start + i, 0);
        }
      }
    }

    void run(OrtSession session) throws OrtException {
      session.run(inputs, Set.of(), pinned).close();
    }

    float[] read(int row, int tokens) {
      float[] answer = new float[tokens * MiniLm.WIDTH];
      output.get(row * length * MiniLm.WIDTH, answer);
      return answer;
    }

    void close() {
      inputs.values().forEach(OnnxTensor::close);
      pinned.values().forEach(OnnxTensor::close);
    }
  }
}
