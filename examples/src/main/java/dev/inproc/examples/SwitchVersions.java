package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.model.LabelChange;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.RepositoryOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.quantize.Quantizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Publishes two versions of a fraud model and two of a sentence encoder (FP32, and row-wise INT8),
 * serves both under load, and switches each to its second version and back: how long calls take
 * before, during and after, and which version answered them.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.SwitchVersions
 * }</pre>
 */
public final class SwitchVersions {
  private static final int PAYMENTS = 12_000;
  private static final int PAYMENTS_A_SECOND = 500;
  private static final int TEXTS_A_SECOND = 20;
  private static final long SEED = 7;

  private SwitchVersions() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException, InterruptedException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    run(out, PAYMENTS, true, Duration.ofSeconds(6));
  }

  static void run(PrintStream out, int payments, boolean withEncoder, Duration phase)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("inproc-versions");
    Path work = Files.createDirectory(directory.resolve("work"));
    RepositoryOptions options = RepositoryOptions.DEFAULT.withPollInterval(Duration.ZERO);
    try (ModelRepository models = ModelRepository.open(directory.resolve("models"), options)) {
      List<TransactionGenerator.Labelled> labelled = new TransactionGenerator(SEED).next(payments);
      List<Transaction> transactions =
          labelled.stream().map(TransactionGenerator.Labelled::transaction).toList();
      Progress.during("Publishing two forests", () -> publishForests(models, work, labelled));
      if (withEncoder) {
        Progress.during("Publishing two encoders", () -> publishEncoders(models, work));
      }
      out.println("Published into a repository:");
      for (String model : models.models()) {
        out.println("  " + models.versions(model) + ", labels " + models.labels(model));
      }
      switchToAndFro(
          out, models, fraud(models, transactions), transactions, PAYMENTS_A_SECOND, phase);
      if (withEncoder) {
        try (HuggingFaceTokenizer tokenizer = MiniLm.tokenizer()) {
          List<String> texts = Faq.questions().stream().map(Faq.Question::text).toList();
          switchToAndFro(
              out, models, encoder(models, tokenizer, texts), texts, TEXTS_A_SECOND, phase);
        }
      }
      out.printf("%nThe label stable of fraud:%n");
      for (LabelChange change : models.history("fraud")) {
        out.println("  from " + change.from() + " to " + change.to() + ": " + change.reason());
      }
    } finally {
      delete(directory);
    }
  }

  // ---- publishing ----

  private static int publishForests(
      ModelRepository models, Path work, List<TransactionGenerator.Labelled> training) {
    for (int trees : new int[] {40, 60}) {
      byte[] forest =
          TreeEnsembleExport.toOnnx(
              FraudForest.train(training, trees, SEED), Transaction.FEATURES, FraudForest.CLASSES);
      publish(models, "fraud", write(forest, work.resolve("forest.onnx")), trees + " trees");
    }
    models.setLabel("fraud", "stable", 1, "example", "the first one");
    return 2;
  }

  private static int publishEncoders(ModelRepository models, Path work) {
    Path fp32 = work.resolve("minilm.onnx");
    try (InputStream in = MiniLm.model().open()) {
      write(in.readAllBytes(), fp32);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path int8 = work.resolve("minilm-int8.onnx");
    Quantizer.quantize(fp32, int8);
    publish(models, "minilm", fp32, "FP32");
    publish(models, "minilm", int8, "row-wise INT8");
    models.setLabel("minilm", "stable", 1, "example", "the first one");
    return 2;
  }

  private static Path write(byte[] bytes, Path file) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void publish(ModelRepository models, String model, Path file, String name) {
    Manifest manifest =
        Manifest.builder("onnx")
            .main("model.onnx")
            .displayName(name)
            .warmUpBatchSizes(List.of(1, 8))
            .build();
    models.publish(model, manifest, Map.of("model.onnx", file));
  }

  // ---- serving ----

  private static Deployment<Transaction, FraudScore> fraud(
      ModelRepository models, List<Transaction> samples) {
    return Deployment.<Transaction, FraudScore>builder(
            (version, lane) ->
                new OnnxEngine()
                    .load(version.source())
                    .outputs(TreeEnsembleExport.PROBABILITIES)
                    .with(Batching.upTo(64))
                    .with(new FraudCodec()))
        .warmUp(samples.subList(0, 8))
        .check(
            (version, payment, score) -> {
              if (!(score.probability() >= 0 && score.probability() <= 1)) {
                throw new IllegalStateException("expected a probability, got " + score);
              }
            })
        .open(models, "fraud", "stable");
  }

  private static Deployment<String, float[]> encoder(
      ModelRepository models, HuggingFaceTokenizer tokenizer, List<String> samples) {
    return Deployment.<String, float[]>builder(
            (version, lane) ->
                new OnnxEngine()
                    .load(version.source(), MiniLm.sessionOptions().build())
                    .with(Batching.upTo(16))
                    .with(new SentenceCodec(tokenizer)))
        .warmUp(samples.subList(0, 4))
        .open(models, "minilm", "stable");
  }

  private static <I, O> void switchToAndFro(
      PrintStream out,
      ModelRepository models,
      Deployment<I, O> deployment,
      List<I> inputs,
      int perSecond,
      Duration phase)
      throws InterruptedException {
    String model = deployment.version().model();
    ModelVersion second = models.version(model, 2).orElseThrow();
    PacedCalls<I> calls = new PacedCalls<>(deployment.answers(), inputs, perSecond, "warming up");
    try (deployment) {
      try {
        Thread.sleep(phase.toMillis() / 2);
        calls.begin("before");
        Thread.sleep(phase.toMillis());
        calls.begin("switching to 2");
        deployment.switchTo(second, "to show it");
        calls.begin("after");
        Thread.sleep(phase.toMillis());
        calls.begin("rolling back to 1");
        deployment.rollBack("to show that too");
        calls.begin("after that");
        Thread.sleep(phase.toMillis());
      } finally {
        calls.end();
      }
    }
    print(out, model, perSecond, calls);
  }

  private static void print(PrintStream out, String model, int perSecond, PacedCalls<?> calls) {
    out.printf("%n%s, %,d calls a second%n", model, perSecond);
    out.printf("%-18s%8s%8s%10s%10s  %s%n", "", "calls", "failed", "p50", "p99", "answered by");
    calls
        .phases()
        .forEach(
            (name, phase) -> {
              if (phase.calls() > 0) {
                out.printf(
                    Locale.ROOT,
                    "%-18s%8d%8d%7.2f ms%7.2f ms  %s%n",
                    name,
                    phase.calls(),
                    phase.failed(),
                    phase.millis(50),
                    phase.millis(99),
                    phase.versions());
              }
            });
  }

  private static void delete(Path root) throws IOException {
    try (var all = Files.walk(root)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
