package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.quantize.AccuracyGate;
import dev.inproc.inference.onnx.quantize.QuantizeOptions;
import dev.inproc.inference.onnx.quantize.Scheme;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.OptionsIdiom;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options of this module, by the idiom of all options. */
class OptionsIdiomTest {
  private static final QuantizeOptions QUANTIZE = QuantizeOptions.DEFAULT;
  private static final AccuracyGate GATE = AccuracyGate.DEFAULT;
  private static final Function<Tensors, float[]> VIEW = OptionsIdiomTest::vector;
  private static final ToDoubleBiFunction<Tensors, Tensors> METRIC = OptionsIdiomTest::metric;
  private static final Path FILE = Path.of("file");

  private static float[] vector(Tensors answer) {
    return new float[answer.size()];
  }

  private static double metric(Tensors one, Tensors other) {
    return one.size() - other.size();
  }

  private static OnnxOptions.Builder onnx() {
    return OnnxOptions.builder();
  }

  static Stream<OptionsIdiom<?>> all() {
    return Stream.of(
        new OptionsIdiom<>(
            OnnxOptions.class,
            OnnxOptions.class,
            () -> onnx().build(),
            Map.of(
                "optimization",
                () -> onnx().optimization(OnnxOptions.Optimization.BASIC).build(),
                "optimizedModelCache",
                () -> onnx().optimizedModelCache(FILE).build(),
                "spinning",
                () -> onnx().spinning(true).build(),
                "sharedThreads",
                () -> onnx().sharedThreads(3).build(),
                "loraAdapters",
                () -> onnx().loraAdapter(FILE).build(),
                "customOperators",
                () -> onnx().customOperators(FILE).build(),
                "sessionConfig",
                () -> onnx().sessionConfig("b", "1").sessionConfig("a", "2").build(),
                "nativeLog",
                () -> onnx().nativeLog(true).build(),
                "trustModels",
                () -> onnx().trustModels(true).build()),
            Set.of(),
            Set.of()),
        new OptionsIdiom<>(
            QuantizeOptions.class,
            QuantizeOptions.class,
            () -> QUANTIZE.withBlockSize(32),
            Map.of(
                "scheme", () -> QUANTIZE.withScheme(Scheme.BLOCKWISE_INT4),
                "embeddings", () -> QUANTIZE.withEmbeddings(false),
                "blockSize", () -> QUANTIZE.withBlockSize(64),
                "minElements", () -> QUANTIZE.withMinElements(1),
                "signedWeights", () -> QUANTIZE.withSignedWeights(!QUANTIZE.signedWeights()),
                "fasterNormalization", () -> QUANTIZE.withFasterNormalization(false),
                "smoothing", () -> QUANTIZE.withSmoothing(false),
                "errorCompensation", () -> QUANTIZE.withErrorCompensation(false),
                "externalData", () -> QUANTIZE.withExternalData(true),
                "withoutNodes", () -> QUANTIZE.withoutNodes(Set.of("/b", "/a"))),
            Set.of(),
            // Rows have no blocks; the others leave no trace in the graph's operators.
            OptionsIdiom.names("blockSize", "minElements", "externalData")),
        new OptionsIdiom<>(
            AccuracyGate.class,
            AccuracyGate.class,
            () -> GATE.withIntegrity(true),
            Map.of(
                "minCosine", () -> GATE.withMinCosine(0.5),
                "maxError", () -> GATE.withMaxError(1),
                "minAgreement", () -> GATE.withMinAgreement(0.9),
                "integrity", () -> GATE.withIntegrity(false),
                "view", () -> GATE.withView(VIEW),
                "metric", () -> GATE.withMetric(METRIC, Double.NEGATIVE_INFINITY),
                "minMetric", () -> GATE.withMetric(METRIC, 0.5)),
            Set.of(),
            Set.of()));
  }

  @ParameterizedTest
  @MethodSource("all")
  void options_followTheIdiom(OptionsIdiom<?> options) throws ReflectiveOperationException {
    options.check();
  }
}
