package dev.inproc.inference.onnx;

import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Copies one output out of memory that ONNX Runtime owns. */
final class OutputValues {
  private static final long MOST_BYTES = Integer.MAX_VALUE - 8L; // the largest array of common JVMs

  /** What was copied: a shape with bytes in native order, with strings, or with tensors. */
  record Values(
      Shape shape,
      @Nullable ByteBuffer bytes,
      String @Nullable [] strings,
      @Nullable List<Tensor> tensors) {}

  private final TensorSpec spec;
  private final @Nullable ExactText exactText;

  /**
   * Reads an output.
   *
   * @param exactText reads strings; null if none of them can be changed by the binding
   */
  OutputValues(TensorSpec spec, @Nullable ExactText exactText) {
    this.spec = spec;
    this.exactText = exactText;
  }

  Values ofTensor(OnnxTensor tensor) throws OrtException {
    return ofTensor(tensor, spec.type());
  }

  private Values ofTensor(OnnxTensor tensor, DataType type) throws OrtException {
    Shape shape = Shape.of(tensor.getInfo().getShape());
    if (shape.elements() == 0) {
      return new Values(shape, ByteBuffer.allocate(0), new String[0], null);
    }
    requireFits(shape, type);
    if (type == DataType.STRING) {
      String[] strings =
          exactText == null ? NativeStrings.of(tensor) : exactText.read(tensor, "Output " + spec);
      return new Values(shape, null, strings, null);
    }
    return new Values(shape, tensor.getByteBuffer().order(ByteOrder.nativeOrder()), null, null);
  }

  /** Beyond a Java buffer the binding would hand out a part. */
  void requireFits(Shape shape, DataType type) {
    long most = MOST_BYTES / Math.max(1, type.byteSize());
    if (shape.elements() > most) {
      throw new EngineException(
          "Output "
              + spec
              + " came with shape "
              + shape
              + ", more than the "
              + MOST_BYTES
              + " bytes that a tensor holds",
          null);
    }
  }

  /** Copies the tensors of a sequence. */
  Values ofTensors(OnnxSequence sequence) throws OrtException {
    List<Tensor> tensors = new ArrayList<>();
    if (sequence.getInfo().length > 0) { // the binding does not read an empty one
      List<? extends OnnxValue> values = sequence.getValue();
      try {
        for (OnnxValue each : values) {
          tensors.add(copy((OnnxTensor) each));
        }
      } finally {
        values.forEach(OnnxValue::close);
      }
    }
    return new Values(Shape.of(tensors.size()), null, null, tensors);
  }

  private Tensor copy(OnnxTensor tensor) throws OrtException {
    DataType type = OnnxTypes.fromOnnx(tensor.getInfo());
    if (type == null) {
      throw new EngineException(
          "Output "
              + spec
              + ": an element is of a type that "
              + OnnxTypes.CANNOT_PASS
              + tensor.getInfo(),
          null);
    }
    Values values = ofTensor(tensor, type);
    return type == DataType.STRING
        ? Tensor.of(values.shape, Objects.requireNonNull(values.strings))
        : Tensor.read(type, values.shape, Objects.requireNonNull(values.bytes), 0);
  }

  /** Makes a row of each map, its values in the natural order of the keys. */
  Values ofMaps(OnnxSequence sequence) throws OrtException {
    if (sequence.getInfo().length == 0) {
      return new Values(Shape.of(0, 0), ByteBuffer.allocate(0), null, null);
    }
    List<? extends OnnxValue> maps = sequence.getValue();
    try {
      int columns = maps.isEmpty() ? 0 : ((OnnxMap) maps.get(0)).size();
      int bytes = Math.multiplyExact(maps.size(), columns * spec.type().byteSize());
      ByteBuffer all = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
      for (OnnxValue each : maps) {
        putSorted(((OnnxMap) each).getValue(), columns, all);
      }
      return new Values(Shape.of(maps.size(), columns), all, null, null);
    } finally {
      maps.forEach(OnnxValue::close);
    }
  }

  private void putSorted(Map<?, ?> map, int columns, ByteBuffer all) {
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
