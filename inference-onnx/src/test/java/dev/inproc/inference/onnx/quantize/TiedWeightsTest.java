package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.OnnxOptions;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A table that is looked up and, transposed, multiplied with; and constants seen transposed. */
class TiedWeightsTest {
  private static final int VOCABULARY = 640;
  private static final int WIDTH = 64;
  private static final QuantizeOptions OPTIONS = QuantizeOptions.DEFAULT.withMinElements(1_000);

  @TempDir Path directory;

  private static GraphBuilder ids(String name) {
    return new GraphBuilder(name)
        .input("ids", DataType.INT64_VALUE, "batch,seq")
        .output("y", DataType.FLOAT_VALUE, "batch,seq," + VOCABULARY);
  }

  private static GraphBuilder tied(String name) {
    return ids(name).initializer("t", Zoo.normal(1, VOCABULARY * WIDTH), VOCABULARY, WIDTH);
  }

  private static AttributeProto branch(String name, GraphBuilder graph) {
    try {
      return AttributeProto.newBuilder()
          .setName(name)
          .setType(AttributeType.GRAPH)
          .setG(ModelProto.parseFrom(graph.build()).getGraph())
          .build();
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** In every form the same function: rows looked up, through Tanh, times all rows. */
  static byte[] model(String form) {
    return switch (form) {
      case "Transpose" ->
          tied(form)
              .node("Gather", "t ids -> r")
              .node("Tanh", "r -> h")
              .node("Transpose", "t -> w")
              .node("MatMul", "h w -> y")
              .build();
      case "Transpose, perm given, before the Gather" ->
          tied(form)
              .node("Transpose", "t -> w", NodeProtos.integers("perm", 1L, 0L))
              .node("Gather", "t ids -> r")
              .node("Tanh", "r -> h")
              .node("MatMul", "h w -> y")
              .build();
      case "Identity and three Transposes" ->
          tied(form)
              .node("Identity", "t -> t2")
              .node("Gather", "t2 ids -> r")
              .node("Tanh", "r -> h")
              .node("Transpose", "t2 -> a")
              .node("Transpose", "a -> b")
              .node("Transpose", "b -> w")
              .node("MatMul", "h w -> y")
              .build();
      case "Gemm with transB" ->
          tied(form)
              .axes("rows", -1, WIDTH)
              .axes("last", VOCABULARY)
              .node("Gather", "t ids -> r")
              .node("Tanh", "r -> h")
              .node("Reshape", "h rows -> flat")
              .node("Gemm", "flat t -> p", NodeProtos.integer("transB", 1))
              .node("Shape", "ids -> s")
              .node("Concat", "s last -> shape", NodeProtos.integer("axis", 0))
              .node("Reshape", "p shape -> y")
              .build();
      case "in both branches of an If" -> {
        GraphBuilder inner =
            new GraphBuilder("branch")
                .output("z", DataType.FLOAT_VALUE, "batch,seq," + VOCABULARY)
                .node("Transpose", "t -> w")
                .node("MatMul", "h w -> z");
        yield tied(form)
            .axes("zero", 0)
            .node("Gather", "t ids -> r")
            .node("Tanh", "r -> h")
            .node("ReduceMax", "ids -> m", NodeProtos.integer("keepdims", 0))
            .node("Greater", "m zero -> g")
            .node("Squeeze", "g -> c")
            .node("If", "c -> y", branch("then_branch", inner), branch("else_branch", inner))
            .build();
      }
      case "a table in a Constant node" ->
          ids(form)
              .node(
                  "Constant",
                  " -> t",
                  NodeProtos.tensor(
                      "value",
                      dev.inproc.inference.onnx.testing.Tensors.floats(
                          "", Zoo.normal(1, VOCABULARY * WIDTH), VOCABULARY, WIDTH)))
              .node("Gather", "t ids -> r")
              .node("Tanh", "r -> h")
              .node("Transpose", "t -> w")
              .node("MatMul", "h w -> y")
              .build();
      case "untied" ->
          tied(form)
              .initializer(
                  "w",
                  WeightMath.transpose(Zoo.normal(1, VOCABULARY * WIDTH), VOCABULARY, WIDTH),
                  WIDTH,
                  VOCABULARY)
              .node("Gather", "t ids -> r")
              .node("Tanh", "r -> h")
              .node("MatMul", "h w -> y")
              .build();
      default -> throw new AssertionError(form);
    };
  }

  private static final List<String> FORMS =
      List.of(
          "Transpose",
          "Transpose, perm given, before the Gather",
          "Identity and three Transposes",
          "Gemm with transB",
          "a table in a Constant node",
          "in both branches of an If");

  static Stream<Arguments> formsAndSchemes() {
    return FORMS.stream()
        .flatMap(
            form ->
                Stream.of(
                    Arguments.of(form, Scheme.ROWWISE_INT8, true),
                    Arguments.of(form, Scheme.ROWWISE_INT8, false),
                    Arguments.of(form, Scheme.DYNAMIC_INT8, true),
                    Arguments.of(form, Scheme.DYNAMIC_INT8, false)));
  }

  private static Tensor idsOf(int rows, int columns) {
    long[] ids = new long[rows * columns];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (i * 37L + 11) % VOCABULARY;
    }
    return Tensor.of(Shape.of(rows, columns), ids);
  }

  private static float[] run(Path model, Tensor ids, OnnxOptions options) {
    SessionOptions unprobed = SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
    try (Session session = new OnnxEngine(options).load(ModelSource.file(model), unprobed)) {
      return session.runRaw(Tensors.of("ids", ids)).get("y").toFloats();
    }
  }

  private static float[] run(Path model, Tensor ids) {
    return run(model, ids, OnnxOptions.DEFAULT);
  }

  private Path write(String name, byte[] model) throws IOException {
    return Files.write(directory.resolve(name), model);
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      left += (double) a[i] * a[i];
      right += (double) b[i] * b[i];
    }
    return product / Math.sqrt(left * right);
  }

  @ParameterizedTest(name = "{0}, {1}, signed {2}")
  @MethodSource("formsAndSchemes")
  void table_lookedUpAndMultiplied_isThereOnceAndAnswersAsTwoCopiesDo(
      String form, Scheme scheme, boolean signed) throws IOException {
    QuantizeOptions options = OPTIONS.withScheme(scheme).withSignedWeights(signed);
    Path in = write("in.onnx", model(form));
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, options);
    assertTrue(report.sizeRatio() < 0.35, report::toString); // the smallest scales weigh here
    assertEquals(0, report.floatShare(), 1e-3, report.left()::toString);
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(out));
    long large =
        model.getGraph().getInitializerList().stream()
            .filter(t -> t.getRawData().size() >= VOCABULARY * WIDTH)
            .count();
    assertEquals(1, large, "the table's bytes are there once");
    float[] answer = run(out, idsOf(2, 5));
    assertTrue(cosine(run(in, idsOf(2, 5)), answer) > 0.9995);
    assertArrayEquals(
        answer,
        run(
            out,
            idsOf(2, 5),
            OnnxOptions.builder().optimization(OnnxOptions.Optimization.BASIC).build()),
        1e-3f);
    // Smoothing and compensation would give the product that stands alone other bytes.
    Path untied = directory.resolve("untied-out.onnx");
    QuantizeOptions plain = options.withSmoothing(false).withErrorCompensation(false);
    Quantizer.quantize(write("untied.onnx", model("untied")), untied, plain);
    assertArrayEquals(run(untied, idsOf(2, 5)), answer, form.startsWith("Gemm") ? 1e-4f : 0);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rowwiseForms")
  void rowwise_tied_rowAloneAndInABatch_isBitEqual(String form, boolean signed) throws IOException {
    Path out = directory.resolve("out.onnx");
    Quantizer.quantize(write("in.onnx", model(form)), out, OPTIONS.withSignedWeights(signed));
    float[] batch = run(out, idsOf(3, 4));
    for (int row = 0; row < 3; row++) {
      long[] ids = Arrays.copyOfRange(idsOf(3, 4).toLongs(), 4 * row, 4 * row + 4);
      int size = 4 * VOCABULARY;
      assertArrayEquals(
          run(out, Tensor.of(Shape.of(1, 4), ids)),
          Arrays.copyOfRange(batch, row * size, (row + 1) * size));
    }
  }

  static Stream<Arguments> rowwiseForms() {
    return FORMS.stream()
        .flatMap(form -> Stream.of(Arguments.of(form, true), Arguments.of(form, false)));
  }

  @Test
  void blockwise_tied_isSmallerToo() throws IOException {
    Path in = write("in.onnx", model("Transpose"));
    for (Scheme scheme : List.of(Scheme.BLOCKWISE_INT8, Scheme.BLOCKWISE_INT4)) {
      Path out = directory.resolve("out.onnx");
      QuantizationReport report = Quantizer.quantize(in, out, OPTIONS.withScheme(scheme));
      assertTrue(report.sizeRatio() < 0.6, report::toString);
      assertEquals(0, report.floatShare(), 1e-3);
      double least = scheme == Scheme.BLOCKWISE_INT8 ? 0.9995 : 0.98;
      assertTrue(cosine(run(in, idsOf(2, 5)), run(out, idsOf(2, 5))) > least);
    }
  }

  /** A second copy beside FP32 would make the file larger, for a lookup that costs nothing. */
  @Test
  void table_thatStaysInFp32ForAnotherReader_isNotCopied() throws IOException {
    byte[] added =
        ids("added")
            .initializer("t", Zoo.normal(1, VOCABULARY * WIDTH), VOCABULARY, WIDTH)
            .initializer("w", Zoo.normal(2, WIDTH * VOCABULARY), WIDTH, VOCABULARY)
            .node("Gather", "t ids -> r")
            .node("ReduceSum", "t -> s")
            .node("Add", "r s -> h")
            .node("MatMul", "h w -> y")
            .build();
    byte[] excluded = model("Transpose");
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(write("a.onnx", added), out, OPTIONS);
    assertEquals("MatMul", report.changed().get(0).operator());
    assertEquals(1, report.changed().size());
    assertTrue(
        report.left().get(0).detail().contains("FP32 for ReduceSum"), report.left()::toString);
    assertEquals(0.5, report.floatShare(), 1e-3);
    QuantizationReport all =
        Quantizer.quantize(
            write("b.onnx", excluded), out, OPTIONS.withoutNodes(Set.of("MatMul_3", "y")));
    assertEquals(List.of(), all.changed(), all.left()::toString);
    assertTrue(all.sizeRatio() <= 1.01, all::toString);
    assertEquals(1, all.floatShare(), 1e-3);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void weight_seenThroughTransposes_isQuantizedLikeAnyOther(int transposes) throws IOException {
    boolean turned = transposes % 2 == 1;
    GraphBuilder graph =
        new GraphBuilder("transposed")
            .input("x", DataType.FLOAT_VALUE, "batch,64")
            .output("y", DataType.FLOAT_VALUE, "batch,640")
            .initializer(
                "t0",
                Zoo.normal(1, VOCABULARY * WIDTH),
                turned ? VOCABULARY : WIDTH,
                turned ? WIDTH : VOCABULARY);
    for (int i = 0; i < transposes; i++) {
      graph.node("Transpose", "t" + i + " -> t" + (i + 1));
    }
    Path in = write("in.onnx", graph.node("MatMul", "x t" + transposes + " -> y").build());
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, OPTIONS);
    assertEquals(1, report.changed().size(), report.left()::toString);
    assertEquals("[64, 640]", report.changed().get(0).detail());
    assertTrue(report.sizeRatio() < 0.35, report::toString);
    ModelProto quantized = ModelProto.parseFrom(Files.readAllBytes(out));
    assertTrue(
        quantized.getGraph().getNodeList().stream()
            .noneMatch(node -> node.getOpType().equals("Transpose")));
    assertTrue(cosine(runOnRows(in), runOnRows(out)) > 0.9995);
  }

  private static float[] runOnRows(Path model) {
    SessionOptions options = SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
    try (Session session = new OnnxEngine().load(ModelSource.file(model), options)) {
      return session.runRaw(Tensors.of("x", Zoo.x(64, 64))).only().toFloats();
    }
  }

  @Test
  void transposeThatIsReadElsewhere_stays() throws IOException {
    byte[] model =
        new GraphBuilder("read")
            .input("x", DataType.FLOAT_VALUE, "64,64")
            .output("y", DataType.FLOAT_VALUE, "64,640")
            .initializer("t", Zoo.normal(1, VOCABULARY * WIDTH), VOCABULARY, WIDTH)
            .node("Transpose", "t -> w")
            .node("MatMul", "x w -> p")
            .node("Add", "p w -> y")
            .build();
    Path in = write("in.onnx", model);
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, OPTIONS);
    assertEquals(1, report.changed().size());
    assertEquals(1, report.floatShare(), 1e-3);
    assertEquals("Add is not quantized", report.left().get(0).detail());
    assertTrue(cosine(runOnRows(in), runOnRows(out)) > 0.9995);
  }
}
