package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which weights of a model are compensated, and which are rounded as without. */
class HessiansTest {
  private static final QuantizeOptions ALL = QuantizeOptions.DEFAULT.withMinElements(1);
  private static final QuantizeOptions PLAIN = ALL.withErrorCompensation(false);

  @TempDir Path directory;

  private Path model(int rows) throws IOException {
    byte[] model =
        new GraphBuilder("one product")
            .input("x", DataType.FLOAT_VALUE, "batch," + rows)
            .output("y", DataType.FLOAT_VALUE, "batch,2")
            .initializer("w", Zoo.normal(1, rows * 2), rows, 2)
            .node("MatMul", "x w -> y")
            .build();
    return Files.write(directory.resolve("model.onnx"), model);
  }

  private byte[] levels(Path in, QuantizeOptions options, List<Tensors> examples)
      throws IOException {
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, options, examples);
    assertEquals(1, report.changed().size());
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(out));
    TensorProto tensor =
        model.getGraph().getInitializerList().stream()
            .filter(each -> each.getName().equals("w/quantized"))
            .findFirst()
            .orElseThrow();
    return tensor.getRawData().toByteArray();
  }

  private static List<Tensors> examples(int width, float[]... rows) {
    return Arrays.stream(rows).map(r -> Tensors.of("x", Tensor.of(Shape.of(width), r))).toList();
  }

  private static float[] filled(int width, float value) {
    float[] row = new float[width];
    Arrays.fill(row, value);
    return row;
  }

  @Test
  void weight_withExamples_isCompensated_theSameEachTime() throws IOException {
    Path in = model(300);
    List<Tensors> examples = examples(300, filled(300, 1), Zoo.normal(5, 300));
    for (Scheme scheme :
        List.of(Scheme.ROWWISE_INT8, Scheme.BLOCKWISE_INT8, Scheme.BLOCKWISE_INT4)) {
      byte[] once = levels(in, ALL.withScheme(scheme), examples);
      assertArrayEquals(once, levels(in, ALL.withScheme(scheme), examples));
      assertFalse(Arrays.equals(once, levels(in, PLAIN.withScheme(scheme), examples)));
    }
  }

  @Test
  void weight_withoutExamples_isCompensatedByMadeUpOnes() throws IOException {
    Path in = model(300);
    byte[] once = levels(in, ALL, List.of());
    assertArrayEquals(once, levels(in, ALL, List.of()));
    assertFalse(Arrays.equals(once, levels(in, PLAIN, List.of())));
  }

  @Test
  void dynamicInt8_isNotCompensated() throws IOException {
    Path in = model(300);
    assertArrayEquals(
        levels(in, PLAIN.withScheme(Scheme.DYNAMIC_INT8), List.of()),
        levels(in, ALL.withScheme(Scheme.DYNAMIC_INT8), List.of()));
  }

  @Test
  void weightOfMoreThan4096Rows_isRoundedPlainly() throws IOException {
    Path in = model(ErrorCompensation.MAX_WIDTH + 1);
    assertArrayEquals(levels(in, PLAIN, List.of()), levels(in, ALL, List.of()));
  }

  @Test
  void examplesOfZeros_orNaN_leaveThePlainRounding() throws IOException {
    Path in = model(300);
    byte[] plain = levels(in, PLAIN, List.of());
    List<Tensors> zeros = examples(300, new float[300], new float[300]);
    List<Tensors> broken = examples(300, filled(300, Float.NaN), filled(300, 1e38f));
    assertArrayEquals(plain, levels(in, ALL, zeros));
    assertArrayEquals(plain, levels(in, ALL, broken));
  }

  @Test
  void examplesThatDoNotFit_leaveThePlainRounding_andTheReportSaysWhy() throws IOException {
    Path in = model(300);
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, ALL, examples(299, new float[299]));
    assertTrue(report.note().startsWith("not smoothed and not compensated"), report.note());
    byte[] plain = levels(in, PLAIN, List.of());
    assertArrayEquals(plain, levels(in, ALL, examples(299, new float[299])));
  }
}
