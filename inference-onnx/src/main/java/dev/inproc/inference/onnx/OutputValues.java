package dev.inproc.inference.onnx;

import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Copies out of memory that ONNX Runtime owns. */
final class OutputValues {
  /** What was copied: a shape with bytes in native order, or with strings. */
  record Values(Shape shape, @Nullable ByteBuffer bytes, String @Nullable [] strings) {}

  private OutputValues() {}

  static Values ofTensor(OnnxTensor tensor, TensorSpec spec) throws OrtException {
    Shape shape = Shape.of(tensor.getInfo().getShape());
    if (shape.elements() == 0) {
      return new Values(shape, ByteBuffer.allocate(0), new String[0]);
    }
    if (spec.type() == DataType.STRING) {
      return new Values(shape, null, strings(tensor, shape));
    }
    return new Values(shape, tensor.getByteBuffer().order(ByteOrder.nativeOrder()), null);
  }

  private static String[] strings(OnnxTensor tensor, Shape shape) throws OrtException {
    String[] flat = new String[Math.toIntExact(shape.elements())];
    flatten(tensor.getValue(), flat, 0);
    return flat;
  }

  /** The binding gives strings as nested arrays, or one alone. */
  private static int flatten(Object value, String[] flat, int from) {
    if (value instanceof Object[] nested) {
      int next = from;
      for (Object each : nested) {
        next = flatten(each, flat, next);
      }
      return next;
    }
    flat[from] = (String) value;
    return from + 1;
  }

  /** Makes a row of each map, its values in the natural order of the keys. */
  static Values ofMaps(OnnxSequence sequence, TensorSpec spec) throws OrtException {
    List<? extends OnnxValue> maps = sequence.getValue();
    try {
      int columns = maps.isEmpty() ? 0 : ((OnnxMap) maps.get(0)).size();
      int bytes = Math.multiplyExact(maps.size(), columns * spec.type().byteSize());
      ByteBuffer all = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
      for (OnnxValue each : maps) {
        putSorted(((OnnxMap) each).getValue(), columns, all, spec);
      }
      return new Values(Shape.of(maps.size(), columns), all, null);
    } finally {
      maps.forEach(OnnxValue::close);
    }
  }

  private static void putSorted(Map<?, ?> map, int columns, ByteBuffer all, TensorSpec spec) {
    if (map.size() != columns) {
      throw new EngineException(
          "Output " + spec + ": maps of " + columns + " and " + map.size() + " entries", null);
    }
    for (Object value : new TreeMap<>(map).values()) {
      if (value instanceof Float number) {
        all.putFloat(number);
      } else if (value instanceof Double number) {
        all.putDouble(number);
      } else {
        throw new EngineException("Output " + spec + ": a map holds " + value, null);
      }
    }
  }
}
