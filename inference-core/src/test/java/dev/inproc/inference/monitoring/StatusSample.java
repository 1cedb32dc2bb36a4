package dev.inproc.inference.monitoring;

import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.CallRecorder;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.metrics.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.DoubleSupplier;

/** A status page as an application may see it. {@link #main} writes one, to look at. */
final class StatusSample {
  static final Instant TIME = Instant.parse("2026-03-04T05:06:07.89Z");
  static final ProcessResources RESOURCES =
      new ProcessResources(
          8,
          OptionalLong.of(754_300_000_000L),
          OptionalLong.of(812_400_000),
          OptionalLong.of(790_000_000),
          OptionalLong.of(2_147_483_648L));

  private StatusSample() {}

  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    Files.writeString(
        folder.resolve("status.html"), StatusPage.render(predictors(), RESOURCES, TIME, events()));
    Files.writeString(
        folder.resolve("edges.html"), StatusPage.render(List.of(edges()), RESOURCES, TIME));
    Files.writeString(folder.resolve("empty.html"), StatusPage.render(List.of(), RESOURCES));
  }

  /** One event of each kind, and a hostile name. */
  static List<RecentEvents.Entry> events() {
    List<ServingEvent> all =
        List.of(
            new ServingEvent.CacheSwitched("exact cache of faq-embedder", true),
            new ServingEvent.CacheSwitched("exact cache of faq-embedder", false),
            new ServingEvent.Overloaded("batched(onnx:minilm-l6@3)", 10_000),
            new ServingEvent.ShadowStopped("faq", "faq@4", 12_000, 3, 410),
            new ServingEvent.ShadowStarted("faq", "faq@4", 0.1),
            new ServingEvent.VersionRetired("faq", "faq@2"),
            new ServingEvent.VersionRolledBack("faq", "faq@3", "faq@2", "answers drift"),
            new ServingEvent.VersionRefused("faq", "faq@4", "it was not accepted: NaN"),
            new ServingEvent.VersionSwitched("faq", "faq@2", "faq@3", Duration.ofMillis(740)),
            new ServingEvent.ModelFreed("onnx:minilm-l6@2"),
            new ServingEvent.IntegrityProbed(
                "onnx:minilm-l6@3",
                "answers move by at most 2.4e-07 at batch sizes [1, 2, 3, 8, 32], padded and beside"
                    + " other texts",
                true),
            new ServingEvent.IntegrityProbed("onnx:int8", "row 1 moves by 0.19", false),
            new ServingEvent.ModelLoaded("onnx:minilm-l6@3", "cuda:0", Duration.ofMillis(1_234)),
            new ServingEvent.ModelFreed("<script>alert(1)</script>&\"'"),
            new ServingEvent.SampleRatioMismatch("faq", "sample-ratio mismatch: 9 : 300 keys"),
            new ServingEvent.ExperimentEnded("faq", 1, "decided"),
            new ServingEvent.ExperimentStarted("faq", 1, "old = faq@3 50.0 %, new = faq@4 50.0 %"));
    List<RecentEvents.Entry> entries = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      entries.add(new RecentEvents.Entry(TIME.minusSeconds(61L * i), all.get(i)));
    }
    return entries;
  }

  /** Values that are near a median, with a long tail. */
  static Histogram lognormal(long seed, int count, double median, double sigma) {
    Random random = new Random(seed);
    return values(count, () -> median * Math.exp(sigma * random.nextGaussian()));
  }

  static Histogram values(int count, DoubleSupplier value) {
    CallRecorder recorder = new CallRecorder();
    for (int i = 0; i < count; i++) {
      recorder.answered((long) value.getAsDouble(), 1);
    }
    return recorder.snapshot().latencyNanos();
  }

  /** Metering around batching around a session, and metering around a cache around a session. */
  static List<LayerDescription> predictors() {
    return List.of(
        metering(
            "faq-embedder",
            lognormal(1, 120_000, 2_300_000, 0.45),
            Map.of(
                Outcome.ANSWERED, 12_034_511L,
                Outcome.INVALID, 211L,
                Outcome.FAILED, 3L,
                Outcome.EXPIRED, 48_230L,
                Outcome.CANCELLED, 1_200L,
                Outcome.OVERLOADED, 310_000L),
            1834.2,
            batching()),
        metering(
            "fraud-score",
            lognormal(5, 50_000, 2_600, 0.2),
            Map.of(Outcome.ANSWERED, 1_000_000_000_000L, Outcome.CLOSED, 1L),
            41_250,
            session("fraud-xgb", lognormal(6, 50_000, 2_100, 0.15))));
  }

  static LayerDescription metering(
      String name,
      Histogram latency,
      Map<Outcome, Long> ended,
      double rate,
      LayerDescription inner) {
    long all = ended.values().stream().mapToLong(Long::longValue).sum();
    CallMetrics total = new CallMetrics(all + 17, ended, latency);
    Histogram minute = lognormal(11, 3_000, latency.quantile(0.5), 0.4);
    Map<Outcome, Long> lately =
        Map.of(
            Outcome.ANSWERED,
            (long) (rate * 60),
            Outcome.OVERLOADED,
            rate < 10_000 ? (long) rate : 0L);
    List<Figure> figures = new ArrayList<>(total.figures());
    figures.addAll(new CallMetrics(0, lately, minute).figuresOfLastMinute());
    figures.add(new Figure.Info("state", "open"));
    figures.add(Figure.gauge("answers.rate", "answer/second", rate));
    return new LayerDescription("metering", name, figures, List.of(inner));
  }

  static LayerDescription batching() {
    Random random = new Random(3);
    Histogram sizes = values(20_000, () -> Math.min(32, 1 + 9 * Math.abs(random.nextGaussian())));
    List<Figure> figures =
        List.of(
            Figure.gauge("queue.waiting", "request", 12),
            Figure.gauge("queue.bytes", "byte", 48_256),
            Figure.counter("runs", "run", 1_204_332),
            Figure.counter("reruns", "run", 1),
            new Figure.Counter("dispatches", Map.of("reason", "full"), "batch", 402_118),
            new Figure.Counter("dispatches", Map.of("reason", "idle engine"), "batch", 802_214),
            Figure.gauge("padding", "ratio", 0.0732),
            new Figure.Spread("batch.size", Map.of(), "request", sizes, 1, true),
            Figure.Spread.seconds("queue.time", lognormal(4, 60_000, 320_000, 1.1)),
            Figure.Spread.seconds("run.time", lognormal(7, 60_000, 1_700_000, 0.25)));
    return new LayerDescription(
        "batching", "upTo(32)", figures, List.of(session("all-MiniLM-L6-v2.onnx", null)));
  }

  static LayerDescription session(String model, Histogram runs) {
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure.Info("version", "2024-11-05, sha256 9f86d081884c7d659a2feaa0c55ad015"));
    figures.add(new Figure.Info("engine", "ONNX Runtime 1.28.0, CPU"));
    figures.add(Figure.gauge("memory.pooled", "byte", 3_400_000));
    if (runs != null) {
      figures.add(Figure.Spread.seconds("run.time", runs));
    }
    return new LayerDescription("session", model, figures, List.of());
  }

  /** Figures that are empty, single, unknown, huge or tiny. */
  static LayerDescription edges() {
    Random random = new Random(8);
    List<Figure> figures = new ArrayList<>(CallMetrics.NONE.figures());
    figures.add(new Figure.Counter("tries", Map.of("outcome", "surprise", "lane", "a"), "try", 1));
    figures.add(Figure.gauge("answers.rate", "answer/second", Double.NaN));
    figures.add(Figure.gauge("limit", "byte", Double.POSITIVE_INFINITY));
    figures.add(Figure.gauge("tiny", "second", 1e-300));
    figures.add(Figure.gauge("change", "entry", -12_345.6));
    figures.add(Figure.counter("huge", "call", Long.MAX_VALUE));
    figures.add(
        new Figure.Info("a".repeat(120), "<script>alert('\"&')</script>\u202E\u0000\uD800"));
    figures.add(Figure.Spread.seconds("empty", Histogram.EMPTY));
    figures.add(Figure.Spread.seconds("one value", values(1, () -> 1_234_567)));
    figures.add(Figure.Spread.seconds("zero", values(3, () -> 0)));
    figures.add(new Figure.Spread("one request", Map.of(), "request", values(9, () -> 1), 1, true));
    figures.add(
        Figure.Spread.seconds(
            "all scales", values(9999, () -> Math.exp(random.nextDouble() * 29))));
    figures.add(Figure.Spread.seconds("over the end", values(5, () -> 1e18)));
    figures.add(
        new Figure.Spread(
            "hits",
            Map.of("tenant", "b", "lane", "a"),
            "ratio",
            values(500, () -> random.nextDouble() * 100),
            0.01,
            true));
    figures.add(
        new Figure.Spread(
            "input bytes",
            Map.of(),
            "byte",
            values(500, () -> 1e5 + random.nextDouble() * 4e3),
            1,
            true));
    return new LayerDescription(
        "metering", "<script>alert(\"edges\")</script>", figures, List.of());
  }
}
