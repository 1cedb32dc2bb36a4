package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.SavedModels;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DataTypesTest {
  private static final Shape THREE = Shape.of(3);
  @TempDir Path directory;

  static Stream<Tensor> examples() {
    return Stream.of(
        Tensor.of(1.5f, Float.NaN, -0f),
        Tensor.of(THREE, 1e300, Double.NaN, -0.0),
        Tensor.ofFloat16(THREE, 65504, 6e-8f, Float.NEGATIVE_INFINITY),
        Tensor.ofBfloat16(THREE, 3e38f, 1e-40f, -1),
        Tensor.of(THREE, (byte) -128, (byte) 0, (byte) 127),
        Tensor.ofUint8(THREE, (byte) 255, (byte) 0, (byte) 1),
        Tensor.of(THREE, Short.MIN_VALUE, (short) 0, Short.MAX_VALUE),
        Tensor.of(THREE, Integer.MIN_VALUE, 0, Integer.MAX_VALUE),
        Tensor.of(Long.MIN_VALUE, 0, Long.MAX_VALUE),
        Tensor.of(THREE, true, false, true),
        Tensor.of(THREE, "", "naïve, and longer than the small buffer", "日本語 \uD83D\uDE00"));
  }

  @Test
  void examples_coverEveryType() {
    EnumSet<DataType> types = EnumSet.noneOf(DataType.class);
    examples().forEach(each -> types.add(each.type()));
    assertEquals(EnumSet.allOf(DataType.class), types);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void identity_anyType_comesBackBitForBit(Tensor tensor) {
    Path model = SavedModels.identity(tensor.type()).write(directory);
    try (Session session = new TensorFlowEngine().load(ModelSource.file(model))) {
      Tensors input = Tensors.of("x", tensor);
      for (int i = 0; i < 3; i++) {
        assertEquals(tensor, session.predict(input).get("y"));
      }
      for (Tensors answer : session.predictAll(List.of(input, input, input))) {
        assertEquals(tensor, answer.get("y"));
      }
      Tensor two = tensor.reshape(Shape.of(1, 3));
      assertEquals(two, session.runRaw(Tensors.of("x", two)).get("y"));
    }
  }
}
