package dev.inproc.benchmarks;

import dev.inproc.inference.engine.CpuFeatures;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.quantize.AccuracyGate;
import dev.inproc.inference.onnx.quantize.GateReport;
import dev.inproc.inference.onnx.quantize.QuantizeOptions;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.onnx.quantize.Scheme;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What each quantization scheme costs and gives: file size, time at several batch sizes, cosine to
 * FP32 and whether a row's answer is the same alone and in a batch beside random mates.
 *
 * <p>Workload: {@code minilm}, random ids, 1 × 16, 8 × 16 and 32 × 32 tokens; {@code mlp}, a
 * network of 1024-2048-2048-512 with normal noise, 1, 8 and 32 rows. One thread a run. Models take
 * turns in each round; the table has medians over the rounds, and ratios to FP32 of medians.
 * Cosines are those of {@link AccuracyGate} over the largest load's examples, each run alone.
 *
 * <pre>{@code
 * java -cp benchmarks.jar dev.inproc.benchmarks.QuantizationTable minilm|mlp [rounds=15] [out.json]
 * }</pre>
 */
public final class QuantizationTable {
  private static final int WARM_UP_ROUNDS = 3;
  private static final int[] WIDE = {1024, 2048, 2048, 512};
  private static final AccuracyGate GATE = AccuracyGate.DEFAULT.withIntegrity(false);

  private final Map<String, Path> models = new LinkedHashMap<>();
  private final List<String> rows = new ArrayList<>();
  private final Path directory;

  private QuantizationTable(Path directory) {
    this.directory = directory;
  }

  /** Measures and prints; see the class for the arguments. */
  public static void main(String[] arguments) throws IOException {
    String network = arguments.length > 0 ? arguments[0] : "minilm";
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 15;
    Path file = Path.of(arguments.length > 2 ? arguments[2] : "quantization-" + network + ".json");
    System.out.println("Processor: " + CpuFeatures.describe());
    QuantizationTable table = new QuantizationTable(Files.createTempDirectory("quantized"));
    if (network.equals("mlp")) {
      table.models(Models.mlp(WIDE));
      table.measure(network, List.of(rows(1), rows(8), rows(32)), rounds);
    } else {
      table.models(MiniLm.model());
      table.models.put("dynamic-int8 as shipped", table.shipped());
      table.measure(network, List.of(texts(1, 16), texts(8, 16), texts(32, 32)), rounds);
    }
    Files.writeString(
        file,
        String.format(
            Locale.ROOT,
            "{\"network\": \"%s\", \"processor\": \"%s\", \"java\": \"%s\", \"rounds\": %d,%n"
                + "\"rows\": [%n%s%n]}%n",
            network,
            CpuFeatures.describe(),
            Runtime.version(),
            rounds,
            String.join(",\n", table.rows)));
  }

  private void models(byte[] fp32) throws IOException {
    Path in = Files.write(directory.resolve("fp32.onnx"), fp32);
    models.put("fp32", in);
    for (Scheme scheme : Scheme.values()) {
      add(scheme.label(), QuantizeOptions.DEFAULT.withScheme(scheme));
    }
    QuantizeOptions plain = QuantizeOptions.DEFAULT.withFasterNormalization(false);
    add("rowwise-int8, fused normalization", plain);
    add("dynamic-int8, fused normalization", plain.withScheme(Scheme.DYNAMIC_INT8));
    add("rowwise-int8, not smoothed", QuantizeOptions.DEFAULT.withSmoothing(false));
    add("rowwise-int8, unsigned", QuantizeOptions.DEFAULT.withSignedWeights(false));
    add("rowwise-int8, FP32 tables", QuantizeOptions.DEFAULT.withEmbeddings(false));
  }

  private void add(String name, QuantizeOptions options) {
    Path out = directory.resolve(name.replaceAll("[ ,]+", "-") + ".onnx");
    Quantizer.quantize(models.getOrDefault("fp32", out), out, options);
    models.put(name, out);
  }

  private Path shipped() throws IOException {
    Path out = directory.resolve("shipped.onnx");
    try (InputStream in =
        MiniLm.class.getClassLoader().getResourceAsStream("all-minilm-l6-v2-q.onnx")) {
      Files.copy(Objects.requireNonNull(in, "the quantized MiniLM"), out);
    }
    return out;
  }

  private void measure(String network, List<Tensors> loads, int rounds) throws IOException {
    Map<String, Session> sessions = new LinkedHashMap<>();
    SessionOptions options =
        SessionOptions.builder().intraOpThreads(1).integrity(IntegrityOptions.skip()).build();
    models.forEach(
        (name, path) -> sessions.put(name, new OnnxEngine().load(ModelSource.file(path), options)));
    try {
      Session fp32 = Objects.requireNonNull(sessions.get("fp32"));
      Tensors largest = loads.get(loads.size() - 1);
      List<Tensors> examples =
          IntStream.range(0, (int) largest.at(0).shape().dim(0))
              .mapToObj(i -> row(largest, i, false))
              .toList();
      Map<String, GateReport> gates = new LinkedHashMap<>();
      sessions.forEach((name, each) -> gates.put(name, GATE.compare(fp32, each, examples)));
      for (Tensors load : loads) {
        measure(network, sessions, gates, load, rounds);
      }
    } finally {
      sessions.values().forEach(Session::close);
    }
  }

  private void measure(
      String network,
      Map<String, Session> sessions,
      Map<String, GateReport> gates,
      Tensors load,
      int rounds)
      throws IOException {
    Shape shape = load.at(0).shape();
    int repeats = shape.dim(0) >= 32 && network.equals("minilm") ? 1 : 8;
    Map<String, double[]> times = new LinkedHashMap<>();
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (Map.Entry<String, Session> each : sessions.entrySet()) {
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
          each.getValue().runRaw(load);
        }
        double micros = (System.nanoTime() - start) / 1e3 / repeats;
        if (round >= 0) {
          times.computeIfAbsent(each.getKey(), key -> new double[rounds])[round] = micros;
        }
      }
    }
    System.out.printf(Locale.ROOT, "%n%s %s%n", network, shape);
    double fp32 = median(times, "fp32");
    for (Map.Entry<String, Session> each : sessions.entrySet()) {
      String name = each.getKey();
      double median = median(times, name);
      GateReport gate = Objects.requireNonNull(gates.get(name));
      float[] answer = each.getValue().runRaw(load).at(0).toFloats();
      String line =
          String.format(
              Locale.ROOT,
              "{\"model\": \"%s\", \"load\": \"%s\", \"bytes\": %d, \"median_us\": %.1f,"
                  + " \"to_fp32\": %.3f, \"min_cosine\": %.5f, \"mean_cosine\": %.5f,"
                  + " \"mates\": %.1e}",
              name,
              shape.toString().replace(", ", "x"),
              Files.size(models.getOrDefault(name, directory)),
              median,
              median / fp32,
              gate.minCosine(),
              gate.meanCosine(),
              mates(each.getValue(), load, answer));
      rows.add(line);
      System.out.println("  " + line);
    }
  }

  private static double median(Map<String, double[]> times, String model) {
    double[] sorted = times.getOrDefault(model, new double[1]).clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** The largest change of the first row's answer when it is run alone, to its largest value. */
  private static double mates(Session session, Tensors load, float[] together) {
    float[] alone = session.runRaw(row(load, 0, true)).at(0).toFloats();
    double change = 0;
    double largest = 0;
    for (int i = 0; i < alone.length; i++) {
      change = Math.max(change, Math.abs(alone[i] - together[i]));
      largest = Math.max(largest, Math.abs(alone[i]));
    }
    return change / largest;
  }

  private static Tensors row(Tensors load, int row, boolean batched) {
    return Tensors.of(
        load.names(),
        i -> {
          Tensor all = load.at(i);
          long[] dims = all.shape().dims();
          int size = (int) (all.shape().elements() / dims[0]);
          dims[0] = 1;
          Shape shape = Shape.of(batched ? dims : Arrays.copyOfRange(dims, 1, dims.length));
          int from = row * size;
          return switch (all.type()) {
            case FLOAT32 -> Tensor.of(shape, Arrays.copyOfRange(all.toFloats(), from, from + size));
            default -> Tensor.of(shape, Arrays.copyOfRange(all.toLongs(), from, from + size));
          };
        });
  }

  private static Tensors texts(int count, int length) {
    List<long[]> texts = MiniLm.texts(count, length);
    long[] ids = texts.stream().flatMapToLong(Arrays::stream).toArray();
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    Shape shape = Shape.of(count, length);
    return Tensors.of(
        MiniLm.IDS, Tensor.of(shape, ids),
        MiniLm.MASK, Tensor.of(shape, ones),
        MiniLm.TYPES, Tensor.of(shape, new long[ids.length]));
  }

  private static Tensors rows(int count) {
    Random random = new Random(9);
    float[] values = new float[count * WIDE[0]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.of("x", Tensor.of(Shape.of(count, WIDE[0]), values));
  }
}
