package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DataTypesTest {
  private static final Shape THREE = Shape.of(3);

  static Stream<Arguments> examples() {
    return Stream.of(
        of(OnnxMl.TensorProto.DataType.FLOAT, Tensor.of(1.5f, Float.NaN, -0f)),
        of(OnnxMl.TensorProto.DataType.DOUBLE, Tensor.of(THREE, 1e300, Double.NaN, -0.0)),
        of(
            OnnxMl.TensorProto.DataType.FLOAT16,
            Tensor.ofFloat16(THREE, 65504, 6e-8f, Float.NEGATIVE_INFINITY)),
        of(OnnxMl.TensorProto.DataType.BFLOAT16, Tensor.ofBfloat16(THREE, 3e38f, 1e-40f, -1)),
        of(OnnxMl.TensorProto.DataType.INT8, Tensor.of(THREE, (byte) -128, (byte) 0, (byte) 127)),
        of(
            OnnxMl.TensorProto.DataType.UINT8,
            Tensor.ofUint8(THREE, (byte) 255, (byte) 0, (byte) 1)),
        of(
            OnnxMl.TensorProto.DataType.INT16,
            Tensor.of(THREE, Short.MIN_VALUE, (short) 0, Short.MAX_VALUE)),
        of(
            OnnxMl.TensorProto.DataType.INT32,
            Tensor.of(THREE, Integer.MIN_VALUE, 0, Integer.MAX_VALUE)),
        of(OnnxMl.TensorProto.DataType.INT64, Tensor.of(Long.MIN_VALUE, 0, Long.MAX_VALUE)),
        of(OnnxMl.TensorProto.DataType.BOOL, Tensor.of(THREE, true, false, true)),
        of(OnnxMl.TensorProto.DataType.STRING, Tensor.of(THREE, "", "naïve", "日本語 \uD83D\uDE00")));
  }

  private static Arguments of(OnnxMl.TensorProto.DataType type, Tensor tensor) {
    return Arguments.of(type, tensor);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void identity_anyType_comesBackBitForBit(OnnxMl.TensorProto.DataType type, Tensor tensor) {
    byte[] model = Models.identity(type.getNumber());
    try (Session session = new OnnxEngine().load(ModelSource.bytes(type.name(), model))) {
      Tensors input = Tensors.of("x", tensor);
      assertEquals(tensor, session.predict(input).get("y"));
      for (Tensors answer : session.predictAll(List.of(input, input, input))) {
        assertEquals(tensor, answer.get("y"));
      }
      Tensor two = tensor.reshape(Shape.of(1, 3));
      assertEquals(two, session.runRaw(Tensors.of("x", two)).get("y"));
    }
  }
}
