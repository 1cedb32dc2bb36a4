package dev.inproc.examples;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.metrics.Outcome;
import dev.inproc.inference.monitoring.Health;
import dev.inproc.inference.monitoring.MeteringMetrics;
import dev.inproc.inference.monitoring.MeteringStats;
import dev.inproc.inference.monitoring.ProcessResources;
import dev.inproc.inference.monitoring.StatusPage;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Tells what a metered predictor has counted, and writes it as a page. */
final class Status {
  private static final Path PAGE = Path.of("status.html");

  private Status() {}

  static void tell(Predictor<?, ?> predictor, RecentEvents events, PrintStream out) {
    MeteringMetrics figures = predictor.find(MeteringStats.class).orElseThrow().metrics();
    Histogram latency = figures.total().latencyNanos();
    LayerDescription description = predictor.describe();
    Path page = target().resolve(PAGE);
    try {
      Files.writeString(
          page,
          StatusPage.render(
              List.of(description), ProcessResources.now(), Instant.now(), events.latest()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    out.printf(
        Locale.ROOT,
        "Figures %,d calls, p50 %.1f ms, p99 %.1f; %s; all of them in %s%n",
        figures.total().count(Outcome.ANSWERED),
        latency.quantile(0.5) / 1e6,
        latency.quantile(0.99) / 1e6,
        Health.of(description).status(),
        page);
  }

  /** The build's folder of this module, from wherever the program was started. */
  private static Path target() {
    for (Path folder : List.of(Path.of("examples", "target"), Path.of("target"))) {
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    return Path.of("");
  }
}
