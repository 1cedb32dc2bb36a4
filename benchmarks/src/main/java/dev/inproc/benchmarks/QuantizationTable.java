package dev.inproc.benchmarks;

import dev.inproc.inference.engine.CpuFeatures;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
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

/**
 * What each quantization scheme costs and gives: file size, time at several batch sizes, cosine to
 * FP32 and whether a row's answer is the same alone and in a batch beside random mates.
 *
 * <p>Workload: MiniLM with random ids, 1 × 16, 8 × 16 and 32 × 32 tokens; an MLP of
 * 1024-2048-2048-512 with normal noise, 1 and 32 rows. One thread a run. Models take turns in each
 * round; the table has medians over the rounds, and ratios to FP32 of medians.
 *
 * <pre>{@code
 * java -cp benchmarks.jar dev.inproc.benchmarks.QuantizationTable [rounds=15] [out.csv]
 * }</pre>
 */
public final class QuantizationTable {
  private static final int WARM_UP_ROUNDS = 3;
  private static final int[] WIDE = {1024, 2048, 2048, 512};

  private final Map<String, Path> models = new LinkedHashMap<>();
  private final Path directory;

  private QuantizationTable(Path directory) {
    this.directory = directory;
  }

  /** Measures and prints; see the class for the arguments. */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 15;
    Path file = Path.of(arguments.length > 1 ? arguments[1] : "quantization.csv");
    System.out.println("Processor: " + CpuFeatures.describe());
    List<String> lines =
        new ArrayList<>(List.of("network,model,bytes,load,median_us,to_fp32,cosine,mates"));
    QuantizationTable miniLm = new QuantizationTable(Files.createTempDirectory("quantized"));
    miniLm.models(MiniLm.model());
    miniLm.models.put("dynamic-int8 as shipped", miniLm.shipped());
    miniLm.measure("minilm", List.of(texts(1, 16), texts(8, 16), texts(32, 32)), rounds, lines);
    QuantizationTable wide = new QuantizationTable(Files.createTempDirectory("quantized"));
    wide.models(Models.mlp(WIDE));
    wide.measure("mlp", List.of(rows(1), rows(32)), rounds, lines);
    Files.write(file, lines);
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

  private void measure(String network, List<Tensors> loads, int rounds, List<String> lines)
      throws IOException {
    Map<String, Session> sessions = new LinkedHashMap<>();
    SessionOptions options =
        SessionOptions.builder().intraOpThreads(1).integrity(IntegrityOptions.skip()).build();
    models.forEach(
        (name, path) -> sessions.put(name, new OnnxEngine().load(ModelSource.file(path), options)));
    try {
      for (Tensors load : loads) {
        measure(network, sessions, load, rounds, lines);
      }
    } finally {
      sessions.values().forEach(Session::close);
    }
  }

  private void measure(
      String network, Map<String, Session> sessions, Tensors load, int rounds, List<String> lines)
      throws IOException {
    Shape shape = load.at(0).shape();
    int repeats = shape.dim(0) >= 32 && shape.rank() == 2 && shape.dim(1) < 1000 ? 1 : 8;
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
    double fp32 = 0;
    float[] exact = new float[0];
    for (Map.Entry<String, Session> each : sessions.entrySet()) {
      double[] sorted = times.getOrDefault(each.getKey(), new double[1]).clone();
      Arrays.sort(sorted);
      double median = sorted[sorted.length / 2];
      float[] answer = each.getValue().runRaw(load).at(0).toFloats();
      if (each.getKey().equals("fp32")) {
        fp32 = median;
        exact = answer;
      }
      long bytes = Files.size(models.getOrDefault(each.getKey(), directory));
      String figures =
          String.format(
              Locale.ROOT,
              "%d,%s,%.1f,%.3f,%.5f,%.1e",
              bytes,
              shape.toString().replace(", ", "x"),
              median,
              median / fp32,
              cosine(exact, answer),
              mates(each.getValue(), load, answer));
      lines.add(network + ",\"" + each.getKey() + "\"," + figures);
      System.out.printf("  %-36s %s%n", each.getKey(), figures);
    }
  }

  /** The largest change of the first row's answer when it is run alone, to its largest value. */
  private static double mates(Session session, Tensors load, float[] together) {
    Tensors first =
        Tensors.of(
            load.names(),
            i -> {
              Tensor all = load.at(i);
              long[] dims = all.shape().dims();
              int row = (int) (all.shape().elements() / dims[0]);
              dims[0] = 1;
              return switch (all.type()) {
                case FLOAT32 -> Tensor.of(Shape.of(dims), Arrays.copyOf(all.toFloats(), row));
                default -> Tensor.of(Shape.of(dims), Arrays.copyOf(all.toLongs(), row));
              };
            });
    float[] alone = session.runRaw(first).at(0).toFloats();
    double change = 0;
    double largest = 0;
    for (int i = 0; i < alone.length; i++) {
      change = Math.max(change, Math.abs(alone[i] - together[i]));
      largest = Math.max(largest, Math.abs(alone[i]));
    }
    return change / largest;
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squaresA * squaresB);
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
