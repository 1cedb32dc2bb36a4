package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which products get what the calibration has learned of an activation. */
class CalibratedProductsTest {
  private static final QuantizeOptions COMPENSATED = QuantizeOptions.DEFAULT.withMinElements(1);
  private static final QuantizeOptions PLAIN = COMPENSATED.withErrorCompensation(false);
  private static final int WIDTH = 300;

  @TempDir private Path directory;

  /** The rows of its weight meet the rows of the activation, not the channels. */
  @ParameterizedTest
  @CsvSource({
    "300, 8, ROWWISE_INT8",
    "8, 300, ROWWISE_INT8",
    "300, 8, BLOCKWISE_INT8",
    "8, 300, BLOCKWISE_INT8"
  })
  void product_ofTheTransposedActivation_isRoundedPlainly(int rows, int columns, Scheme scheme)
      throws IOException {
    Path in = write(besideItsTranspose(rows, columns));
    List<Tensors> examples =
        List.of(Tensors.of("x", Tensor.of(Shape.of(rows, columns), Zoo.normal(3, rows * columns))));
    assertArrayEquals(
        weight(in, PLAIN.withScheme(scheme), examples, "transposed"),
        weight(in, COMPENSATED.withScheme(scheme), examples, "transposed"));
  }

  private static ModelProto besideItsTranspose(int rows, int columns) throws IOException {
    ModelProto.Builder model =
        ModelProto.parseFrom(
            new GraphBuilder("t")
                .input("x", TensorProto.DataType.FLOAT_VALUE, rows + "," + columns)
                .output("y", TensorProto.DataType.FLOAT_VALUE, rows + ",2")
                .output("z", TensorProto.DataType.FLOAT_VALUE, columns + ",2")
                .initializer("straight", Zoo.normal(1, columns * 2), columns, 2)
                .initializer("transposed", Zoo.normal(2, rows * 2), rows, 2)
                .node("MatMul", "x straight -> y")
                .node("Gemm", "x transposed -> z")
                .build())
            .toBuilder();
    model
        .getGraphBuilder()
        .getNodeBuilder(1)
        .addAttribute(
            AttributeProto.newBuilder()
                .setName("transA")
                .setI(1)
                .setType(AttributeProto.AttributeType.INT));
    return model.build();
  }

  @Test
  void calibration_failsAtTheSecondExample_weightsAreRoundedPlainly() throws IOException {
    Path in = write(oneProduct());
    List<Tensors> examples = List.of(example(WIDTH), example(WIDTH - 1));
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, COMPENSATED, examples);
    assertTrue(report.note().contains("not compensated"), report.note());
    assertArrayEquals(weight(in, PLAIN, examples, "w"), weight(in, COMPENSATED, examples, "w"));
  }

  @Test
  void calibration_goesWell_weightsAreCompensated() throws IOException {
    Path in = write(oneProduct());
    List<Tensors> examples = List.of(example(WIDTH));
    assertFalse(
        Arrays.equals(weight(in, PLAIN, examples, "w"), weight(in, COMPENSATED, examples, "w")));
    try (var files = Files.list(directory)) {
      assertEquals(2, files.count(), "the model and its quantized form");
    }
  }

  private static ModelProto oneProduct() throws IOException {
    return ModelProto.parseFrom(
        new GraphBuilder("b")
            .input("x", TensorProto.DataType.FLOAT_VALUE, "batch," + WIDTH)
            .output("y", TensorProto.DataType.FLOAT_VALUE, "batch,2")
            .initializer("w", Zoo.normal(1, 2 * WIDTH), WIDTH, 2)
            .node("MatMul", "x w -> y")
            .build());
  }

  private static Tensors example(int width) {
    return Tensors.of("x", Tensor.of(Shape.of(width), Zoo.normal(5, width)));
  }

  private Path write(ModelProto model) throws IOException {
    return Files.write(directory.resolve("in.onnx"), model.toByteArray());
  }

  private byte[] weight(Path in, QuantizeOptions options, List<Tensors> examples, String name)
      throws IOException {
    Path out = directory.resolve("out.onnx");
    Quantizer.quantize(in, out, options, examples);
    return ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getInitializerList().stream()
        .filter(each -> each.getName().startsWith(name + "/quantized"))
        .findFirst()
        .orElseThrow()
        .getRawData()
        .toByteArray();
  }
}
