package dev.inproc.benchmarks;

import com.google.gson.JsonObject;
import dev.inproc.inference.batch.OfflineOptimum;
import dev.inproc.inference.batch.Service;
import dev.inproc.inference.batch.Simulation;
import dev.inproc.inference.batch.Trace;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Runs the batching policy in virtual time over recorded arrivals: the very class that runs in
 * production, which is told of each request when it arrives and not before. Prints one line of
 * JSON: {@code requests, onTime, late, dropped, batches, meanWaitUs, p99LatencyUs}. Wait and
 * latency are of the requests that were answered; a request without deadline is on time when it is
 * answered; dropped are those refused, or still waiting when their deadline passed.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.PolicySimulator \
 *     --trace FILE.csv --fixed-us A --per-item-us C --max-batch B --engines K \
 *     [--jitter S --seed N] [--cost known|learned] [--policy production|oracle]
 * }</pre>
 *
 * <p>The file is CSV with the header {@code arrival_us,deadline_us}, absolute, the deadline empty
 * for none. A run of b rows takes {@code A + C·b} microseconds, times {@code 1 + S·z} with z a
 * standard normal number. The policy knows A, C and S; with {@code --cost learned} it has to learn
 * what runs cost as they end. {@code --policy oracle} prints the best that could be done with all
 * arrivals known beforehand, for one engine, no jitter, and deadlines in the order of arrivals.
 *
 * <p>Exits with 2 and a message if the arguments or the file are not as said.
 */
public final class PolicySimulator {
  private static final String USAGE =
      "usage: PolicySimulator --trace FILE.csv --fixed-us A --per-item-us C --max-batch B"
          + " --engines K [--jitter S --seed N] [--cost known|learned]"
          + " [--policy production|oracle]";
  private static final Set<String> OPTIONS =
      Set.of(
          "trace",
          "fixed-us",
          "per-item-us",
          "max-batch",
          "engines",
          "jitter",
          "seed",
          "cost",
          "policy");
  private static final int MOST_ROWS = 16_384;

  private final NamedOptions options;

  private PolicySimulator(String... arguments) {
    options = new NamedOptions(OPTIONS, Set.of(), arguments);
  }

  /** Simulates and prints; the exit status as said above. */
  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  static int run(PrintStream out, PrintStream err, String... arguments) {
    return Simulators.run(
        err,
        USAGE,
        "trace",
        arguments,
        () -> out.println(json(new PolicySimulator(arguments).outcome())));
  }

  private Simulation.Outcome outcome() throws IOException {
    double fixed = options.number("fixed-us", null, 0, 1e9);
    double perItem = options.number("per-item-us", null, 0, 1e9);
    int maxBatchSize = options.integer("max-batch", null, MOST_ROWS);
    int engines = options.integer("engines", "1", 1_024);
    double jitter = options.number("jitter", "0", 0, 1);
    Service service = new Service(fixed, perItem, jitter, options.seed());
    String cost = options.oneOf("cost", List.of("known", "learned"));
    boolean oracle = options.oneOf("policy", List.of("production", "oracle")).equals("oracle");
    if (oracle && (engines > 1 || jitter > 0)) {
      throw new IllegalArgumentException(
          "The oracle is for one engine without jitter, got --engines "
              + engines
              + " --jitter "
              + jitter);
    }
    Trace trace = Trace.read(Path.of(options.text("trace", null)));
    if (oracle) {
      return OfflineOptimum.outcome(trace, service, maxBatchSize);
    }
    return cost.equals("known")
        ? Simulation.ofPolicy(trace, service, maxBatchSize, engines)
        : Simulation.ofLearningPolicy(trace, service, maxBatchSize, engines);
  }

  private static JsonObject json(Simulation.Outcome outcome) {
    JsonObject json = new JsonObject();
    json.addProperty("requests", outcome.requests());
    json.addProperty("onTime", outcome.onTime());
    json.addProperty("late", outcome.late());
    json.addProperty("dropped", outcome.dropped());
    json.addProperty("batches", outcome.batches());
    json.addProperty("meanWaitUs", rounded(outcome.meanWaitMicros()));
    json.addProperty("p99LatencyUs", rounded(outcome.p99LatencyMicros()));
    return json;
  }

  private static double rounded(double micros) {
    return Math.round(micros * 1e3) / 1e3;
  }
}
