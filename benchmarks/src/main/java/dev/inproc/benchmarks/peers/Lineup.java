package dev.inproc.benchmarks.peers;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.benchmarks.MiniLm;
import dev.inproc.benchmarks.Setting;
import dev.inproc.benchmarks.TextLengths;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.TensorFlowEngine;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The contenders for one model, opened together and run in turn. The bare engine is the baseline;
 * {@code session} and {@code batching} are this library; they and the baseline batchers stand on
 * one loaded model, so they differ in gathering alone.
 */
public final class Lineup implements AutoCloseable {
  /** The contender that others are compared with. */
  public static final String BASELINE = "raw";

  /** The names of lineups, in the order of the report. */
  public static final List<String> ALL =
      List.of("tiny", "wide", "trees", "conv", "minilm", "minilm_int8", "tiny_tf", "text");

  private static final int MAX_BATCH = 32;
  private static final Duration DELAY = Duration.ofMillis(1);
  private static final Set<String> WITH_BASELINE_BATCHERS = Set.of("tiny", "wide", "minilm");

  private final Map<String, Contender> contenders = new LinkedHashMap<>();
  private final Duration deadline;
  private String notes = "";
  private @Nullable TextLengths textLengths;
  private Runnable closing = () -> {};

  private Lineup(Duration deadline) {
    this.deadline = deadline;
  }

  /**
   * Opens a lineup.
   *
   * @param wanted the contenders to open; empty for all
   */
  public static Lineup open(String name, Set<String> wanted) {
    DjlOnnx.initialize();
    Lineup lineup = new Lineup(Duration.ofMillis(name.equals("wide") ? 20 : 100));
    switch (name) {
      case "tiny_tf" -> lineup.openTensorFlow(wanted);
      case "text" -> lineup.openTexts(wanted);
      default ->
          lineup.openOnnx(name, Workload.valueOf(name.toUpperCase(java.util.Locale.ROOT)), wanted);
    }
    return lineup;
  }

  /** What a reader calls a lineup. */
  public static String title(String name) {
    return switch (name) {
      case "tiny_tf" -> "tiny MLP on TensorFlow";
      case "text" -> "MiniLM FP32, text to vector";
      default -> Workload.valueOf(name.toUpperCase(java.util.Locale.ROOT)).title();
    };
  }

  private void add(Set<String> wanted, String name, Supplier<Contender> opening) {
    if (wanted.isEmpty() || wanted.contains(name)) {
      contenders.put(name, opening.get());
    }
  }

  private void openOnnx(String name, Workload workload, Set<String> wanted) {
    int processors = Setting.INTRA_OP_THREADS;
    textLengths = workload.textLengths();
    add(wanted, BASELINE, () -> new RawOnnx(workload, 1));
    add(wanted, "raw-n", () -> new RawOnnx(workload, processors));
    add(wanted, "djl", () -> new DjlOnnx(workload, workload == Workload.TREES ? 1 : 0));
    if (wanted.isEmpty() || wanted.stream().anyMatch(Set.of("session", "batching")::contains)) {
      Session session =
          Setting.session(workload.model(), SessionOptions.builder()).outputs(workload.output());
      notes = session.integrity().toString();
      closing = session::close;
      served(wanted, session, workload.examples(), WITH_BASELINE_BATCHERS.contains(name));
    }
  }

  private void served(
      Set<String> wanted,
      BatchPredictor<Tensors, Tensors> model,
      List<Tensors> examples,
      boolean baselines) {
    Function<Predictor<Tensors, Tensors>, Contender> serve =
        predictor ->
            new Served<>(
                predictor, examples, CallOptions.DEFAULT, answer -> answer.only().toFloats());
    Shared<Tensors, Tensors> shared = new Shared<>(model);
    add(wanted, "session", () -> serve.apply(shared));
    add(wanted, "batching", () -> serve.apply(shared.with(Batching.upTo(MAX_BATCH))));
    if (baselines) {
      add(
          wanted,
          "fixed-delay",
          () -> serve.apply(new FixedDelayBatcher<>(shared, MAX_BATCH, DELAY)));
      add(
          wanted,
          "queue-thread",
          () -> serve.apply(new QueueAndThreadBatcher<>(shared, MAX_BATCH)));
      CallOptions timed = CallOptions.timeout(deadline);
      Function<Predictor<Tensors, Tensors>, Contender> serveTimed =
          predictor -> new Served<>(predictor, examples, timed, answer -> answer.only().toFloats());
      add(
          wanted,
          "batching" + TIMED,
          () -> serveTimed.apply(shared.with(Batching.upTo(MAX_BATCH))));
      add(
          wanted,
          "fixed-delay" + TIMED,
          () -> serveTimed.apply(new FixedDelayBatcher<>(shared, MAX_BATCH, DELAY)));
      add(
          wanted,
          "queue-thread" + TIMED,
          () -> serveTimed.apply(new QueueAndThreadBatcher<>(shared, MAX_BATCH)));
    }
  }

  /** Ends the names of contenders whose calls have the lineup's deadline as their timeout. */
  public static final String TIMED = ", deadline";

  private void openTensorFlow(Set<String> wanted) {
    Path directory;
    try {
      directory = Files.createTempDirectory("inproc-benchmark-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path model = SavedModels.tinyMlp().write(directory.resolve("tiny"));
    add(wanted, BASELINE, () -> new RawTensorFlow(Workload.TINY, model));
    Session session =
        new TensorFlowEngine()
            .load(
                ModelSource.file(model),
                SessionOptions.builder().intraOpThreads(Setting.INTRA_OP_THREADS).build());
    closing = session::close;
    notes = session.integrity().toString();
    served(wanted, session, Workload.TINY.examples(), false);
  }

  private void openTexts(Set<String> wanted) {
    List<String> texts = Texts.sentences(64);
    textLengths = Texts.lengths(texts);
    add(
        wanted,
        BASELINE,
        () -> new Texts.Raw(new RawOnnx(Workload.MINILM, 1), Texts.tokenizer(), texts));
    add(wanted, "langchain4j", () -> new LangChain4j(false, texts));
    if (wanted.isEmpty() || wanted.contains("session") || wanted.contains("batching")) {
      HuggingFaceTokenizer tokenizer = Texts.tokenizer();
      Session session =
          Setting.session(
              MiniLm.model(),
              SessionOptions.builder().pad(MiniLm.IDS, 0).pad(MiniLm.MASK, 0).pad(MiniLm.TYPES, 0));
      notes = session.integrity().toString();
      closing =
          () -> {
            session.close();
            tokenizer.close();
          };
      Shared<Tensors, Tensors> shared = new Shared<>(session);
      Function<Predictor<Tensors, Tensors>, Contender> serve =
          predictor ->
              new Served<>(
                  predictor.with(Texts.codec(tokenizer)), texts, CallOptions.DEFAULT, v -> v);
      add(wanted, "session", () -> serve.apply(shared));
      add(wanted, "batching", () -> serve.apply(shared.with(Batching.upTo(MAX_BATCH))));
    }
  }

  /** By name, the baseline first. */
  public Map<String, Contender> contenders() {
    return contenders;
  }

  /** What the library found out about the model when it loaded it. */
  public String notes() {
    return notes;
  }

  /** How long its texts are; null where it takes none. */
  public @Nullable TextLengths textLengths() {
    return textLengths;
  }

  /** What an answer must keep to count as goodput. */
  public Duration deadline() {
    return deadline;
  }

  @Override
  public void close() {
    contenders.values().forEach(Contender::close);
    closing.run();
  }
}
