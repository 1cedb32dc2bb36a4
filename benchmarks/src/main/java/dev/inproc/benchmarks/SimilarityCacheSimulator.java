package dev.inproc.benchmarks;

import com.google.gson.JsonObject;
import dev.inproc.inference.cache.StreamRun;
import dev.inproc.inference.cache.streams.StreamFiles;
import dev.inproc.inference.cache.streams.StreamRequest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Sends a stream of requests through the similarity cache, the very classes that run in production,
 * and prints one line of JSON a run: {@code requests, hits, wrong, audits, certifiedAtHit,
 * worstExcess, worstRatioAfterCertified, violations, embedMicros, lookupMicros}.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.SimilarityCacheSimulator \
 *     --stream FILE.tsv --vectors FILE.f32 --delta 0.02 --alpha 0.05 --seed N --runs R [--shuffle]
 * }</pre>
 *
 * <p>The stream has a request a line, {@code answer<TAB>text}: what the model answers, and the text
 * that tells requests apart. Answers are equivalent if they are equal. The vectors are those of the
 * lines in order, of length 1, little-endian floats. Each run draws new coins; with {@code
 * --shuffle} it takes the requests in a new order too.
 *
 * <p>{@code worstExcess} is the largest {@code wrong - allowance - delta * hits} at any moment, and
 * {@code violations} counts the moments, each a hit, at which the promise was broken: {@code wrong}
 * above {@code allowance + delta * hits}, or after certification above {@code delta * hits}. {@code
 * certifiedAtHit} is -1 for a run that was not certified.
 *
 * <p>Exits with 2 and a message if the arguments or the files are not as said.
 */
public final class SimilarityCacheSimulator {
  private static final String USAGE =
      "usage: SimilarityCacheSimulator --stream FILE.tsv --vectors FILE.f32 --delta D --alpha A"
          + " --seed N --runs R [--shuffle]";
  private static final Set<String> OPTIONS =
      Set.of("stream", "vectors", "delta", "alpha", "seed", "runs");

  private SimilarityCacheSimulator() {}

  /** Simulates and prints; the exit status as said above. */
  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  static int run(PrintStream out, PrintStream err, String... arguments) {
    return Simulators.run(
        err,
        USAGE,
        "stream",
        arguments,
        () -> simulate(out, new NamedOptions(OPTIONS, Set.of("shuffle"), arguments)));
  }

  private static void simulate(PrintStream out, NamedOptions options) throws IOException {
    double delta = options.number("delta", "0.02", 0, 1);
    double alpha = options.number("alpha", "0.05", 0, 1);
    int runs = options.integer("runs", "1", 1_000_000);
    long seed = options.seed();
    Path texts = Path.of(options.text("stream", null));
    Path vectors = Path.of(options.text("vectors", null));
    List<StreamRequest> stream = new ArrayList<>(StreamFiles.read(texts, vectors));
    for (int run = 0; run < runs; run++) {
      if (options.has("shuffle")) {
        Collections.shuffle(stream, new Random(seed + run));
      }
      StreamRun simulated = new StreamRun(delta, alpha, seed + run);
      out.println(json(simulated.of(stream)));
    }
  }

  private static JsonObject json(StreamRun.Result result) {
    JsonObject json = new JsonObject();
    json.addProperty("requests", result.requests());
    json.addProperty("hits", result.hits());
    json.addProperty("wrong", result.wrong());
    json.addProperty("audits", result.audits());
    json.addProperty("certifiedAtHit", result.certifiedAtHit());
    json.addProperty("worstExcess", rounded(result.hits() == 0 ? 0 : result.worstExcess()));
    json.addProperty("worstRatioAfterCertified", rounded(result.worstRatioAfterCertified()));
    json.addProperty("violations", result.violations());
    json.addProperty("embedMicros", rounded(result.embedMicros()));
    json.addProperty("lookupMicros", rounded(result.lookupMicros()));
    return json;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e6) / 1e6;
  }
}
