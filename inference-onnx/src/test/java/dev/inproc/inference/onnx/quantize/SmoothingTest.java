package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmoothingTest {
  private static final SessionOptions UNPROBED =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
  private static final QuantizeOptions ALL = QuantizeOptions.DEFAULT.withMinElements(1);

  @TempDir Path directory;

  /** Two products of an activation with two large channels, and one of what a Relu leaves. */
  private Path model() throws IOException {
    float[] gains = new float[Zoo.K];
    Arrays.fill(gains, 1);
    gains[5] = 40;
    gains[17] = 25;
    byte[] model =
        new GraphBuilder("outliers")
            .input("x", DataType.FLOAT_VALUE, "batch,48")
            .output("y", DataType.FLOAT_VALUE, "batch,24")
            .initializer("gains", gains, Zoo.K)
            .initializer("v", Zoo.normal(1, Zoo.K * Zoo.N), Zoo.K, Zoo.N)
            .initializer("w", Zoo.normal(2, Zoo.K * Zoo.N), Zoo.K, Zoo.N)
            .initializer("u", Zoo.normal(3, Zoo.N * Zoo.N), Zoo.N, Zoo.N)
            .node("Mul", "x gains -> a")
            .node("MatMul", "a v -> b")
            .node("MatMul", "a w -> c")
            .node("Add", "b c -> d")
            .node("Relu", "d -> e")
            .node("MatMul", "e u -> y")
            .build();
    return Files.write(directory.resolve("model.onnx"), model);
  }

  private static float[] run(Path model, float[] x) {
    try (Session session = new OnnxEngine().load(ModelSource.file(model), UNPROBED)) {
      Tensor rows = Tensor.of(Shape.of(x.length / Zoo.K, Zoo.K), x);
      return session.runRaw(Tensors.of("x", rows)).only().toFloats();
    }
  }

  private static double distance(float[] a, float[] b) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      error += Math.pow(a[i] - b[i], 2);
      size += Math.pow(a[i], 2);
    }
    return Math.sqrt(error / size);
  }

  @Test
  void largeChannels_smoothed_areSeveralTimesCloserToFp32() throws IOException {
    Path in = model();
    Path smooth = directory.resolve("smooth.onnx");
    Path plain = directory.resolve("plain.onnx");
    assertEquals(1, Quantizer.quantize(in, smooth, ALL).smoothed(), "one for both products");
    assertEquals(0, Quantizer.quantize(in, plain, ALL.withSmoothing(false)).smoothed());
    float[] x = Zoo.normal(11, 64 * Zoo.K);
    float[] exact = run(in, x);
    double with = distance(exact, run(smooth, x));
    double without = distance(exact, run(plain, x));
    assertTrue(with < without / 1.5, with + " with, " + without + " without smoothing");
  }

  @Test
  void smoothed_aloneAndBesideOutliersAndNaN_isBitEqual() throws IOException {
    Path out = directory.resolve("smooth.onnx");
    Quantizer.quantize(model(), out, ALL);
    float[] rows = Zoo.normal(12, 3 * Zoo.K);
    rows[Zoo.K + 5] = 1e30f;
    rows[2 * Zoo.K + 7] = Float.NaN;
    float[] alone = run(out, Arrays.copyOf(rows, Zoo.K));
    assertArrayEquals(alone, Arrays.copyOf(run(out, rows), Zoo.N));
    assertTrue(Float.isFinite(alone[0]));
  }

  @Test
  void examplesGiven_decideTheFactors() throws IOException {
    Path out = directory.resolve("given.onnx");
    float[] even = new float[Zoo.K];
    Arrays.fill(even, 1);
    even[5] = 1 / 40f; // undoes the gains
    even[17] = 1 / 25f;
    List<Tensors> examples = List.of(Tensors.of("x", Tensor.of(Shape.of(Zoo.K), even)));
    assertEquals(0, Quantizer.quantize(model(), out, ALL, examples).smoothed());
  }

  @Test
  void examplesGiven_toTheAutomaticQuantizer_decideTheFactorsInEachTry() throws IOException {
    Path in = model();
    Path out = directory.resolve("given.onnx");
    float[] even = new float[Zoo.K];
    Arrays.fill(even, 1);
    even[5] = 1 / 40f; // undoes the gains
    even[17] = 1 / 25f;
    List<Tensors> examples = List.of(Tensors.of("x", Tensor.of(Shape.of(Zoo.K), even)));
    AccuracyGate easy = AccuracyGate.DEFAULT.withMinCosine(-1).withIntegrity(false);
    AccuracyGate impossible = easy.withMinCosine(2);
    for (AccuracyGate gate : List.of(easy, impossible)) {
      AutomaticQuantizer automatic = new AutomaticQuantizer(new OnnxEngine(), UNPROBED, gate, 1);
      AutomaticQuantizer.Outcome outcome = automatic.quantize(in, out, ALL, examples);
      assertEquals(gate.equals(easy) ? 0 : 1, outcome.excluded().size());
      assertEquals(0, outcome.quantization().smoothed(), "made-up inputs would smooth");
    }
  }

  @Test
  void modelThatCannotBeRun_isQuantizedAllTheSame_andTheReportSaysWhy() throws IOException {
    byte[] model =
        new GraphBuilder("sparse")
            .input("x", DataType.FLOAT_VALUE, "batch,48")
            .input("kind", DataType.STRING_VALUE, "batch")
            .output("y", DataType.FLOAT_VALUE, "batch,24")
            .output("k", DataType.STRING_VALUE, "batch")
            .initializer("w", Zoo.normal(2, Zoo.K * Zoo.N), Zoo.K, Zoo.N)
            .node("MatMul", "x w -> y")
            .node("Identity", "kind -> k")
            .build();
    Path in = Files.write(directory.resolve("strings.onnx"), model);
    QuantizationReport report = Quantizer.quantize(in, directory.resolve("out.onnx"), ALL);
    assertEquals(1, report.changed().size());
    assertEquals(0, report.smoothed());
    assertTrue(report.note().contains("cannot be made up"), report.note());
  }

  @Test
  void externalData_calibrated_leavesNoFileBehind() throws IOException {
    List<Zoo.Animal> zoo = Zoo.all();
    Path in = zoo.get(zoo.size() - 1).write(directory);
    List<Tensors> examples = List.of(Tensors.of("x", Zoo.x(48, 48)));
    Path out = directory.resolve("out.onnx");
    QuantizationReport report = Quantizer.quantize(in, out, ALL, examples);
    assertEquals("", report.note());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          Set.of("model.onnx", "weights.bin", "out.onnx", "out.onnx.data"),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void factors_arePowersOfTwo_largerForLargerChannels_andNoneWhereAllAreAlike() {
    double[] squares = new double[Zoo.K];
    float[] largest = new float[Zoo.K];
    Arrays.fill(squares, 1);
    Arrays.fill(largest, 3);
    List<float[]> matrices = List.of(Zoo.normal(4, Zoo.K * Zoo.N));
    assertNull(Smoothing.best(new Channels(largest.clone(), squares.clone()), matrices, 1));
    squares[9] = 2500;
    largest[9] = 150;
    float[] factors = Smoothing.best(new Channels(largest, squares), matrices, 1);
    for (int i = 0; i < factors.length; i++) {
      assertEquals(factors[i], Math.scalb(1f, Math.getExponent(factors[i])), 0f);
      assertTrue(i == 9 || factors[i] < factors[9], i + ": " + factors[i]);
    }
  }
}
