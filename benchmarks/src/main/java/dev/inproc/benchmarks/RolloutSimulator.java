package dev.inproc.benchmarks;

import com.google.gson.JsonObject;
import dev.inproc.inference.internal.rollout.StepSchedule.Step;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Sends recorded calls through a rollout in virtual time: the hash, the schedule and the analysis
 * are the production classes. Prints one line of JSON.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.RolloutSimulator \
 *     --traffic FILE.csv --canary 0.01 --alpha 0.01 --seed N \
 *     [--steps 1,5,25,100 --step-seconds S --step-keys K] [--hold-back H] [--margin M]
 * }</pre>
 *
 * <p>The file has a header and a call a line, in the order of time: {@code
 * time_ms,key,stable_error,canary_error,stable_us,canary_us}, in any order of columns: when the
 * call begins, and whether it would fail and how long it would take on either version. An empty key
 * is none: the call goes to a lane of its own. Calls with the same text in the optional column
 * {@code run} fail together and cast one vote. A call with 1 in the optional column {@code rule} is
 * sent to the canary by a rule: it never votes.
 *
 * <p>Without {@code --steps} the canary has its share to the end. With them {@code --canary} means
 * nothing: each step lasts until its seconds are over and the keys of all calls, times its share,
 * reach {@code --step-keys}; the version is promoted after the last. {@code --alpha} is the chance
 * of a false alarm in the whole rollout.
 *
 * <p>{@code verdict} is {@code promoted}, {@code rolledBack} or {@code running}. {@code trigger} is
 * {@code errors}, {@code latency} or {@code answers}, or null. {@code atMs} is when, on the file's
 * clock: of the alarm, of the promotion, or of the last call. {@code atRequests} counts all calls
 * until then; {@code canaryCalls} the canary's calls, without calls that a rule routed. The votes
 * and {@code evidence} belong to the alarm, or to the trigger that is nearest to one; the evidence
 * is scaled so that {@code 1 / alpha} is an alarm. {@code step} counts from 1.
 *
 * <p>Exits with 2 and a message if the arguments or the file are not as said.
 */
public final class RolloutSimulator {
  private static final String USAGE =
      "usage: RolloutSimulator --traffic FILE.csv --canary W --alpha A --seed N"
          + " [--steps 1,5,25,100 --step-seconds S --step-keys K] [--hold-back H] [--margin M]";
  private static final Set<String> OPTIONS =
      Set.of(
          "traffic",
          "canary",
          "alpha",
          "seed",
          "steps",
          "step-seconds",
          "step-keys",
          "hold-back",
          "margin");

  private RolloutSimulator() {}

  /** Simulates and prints; the exit status as said above. */
  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  static int run(PrintStream out, PrintStream err, String... arguments) {
    return Simulators.run(
        err,
        USAGE,
        "traffic",
        arguments,
        () -> simulate(out, new NamedOptions(OPTIONS, Set.of(), arguments)));
  }

  private static void simulate(PrintStream out, NamedOptions options) throws IOException {
    boolean hasSteps = options.has("steps");
    double holdBack = options.number("hold-back", "0", 0, 0.5);
    SimulatedRollout.Plan plan =
        new SimulatedRollout.Plan(
            hasSteps ? steps(options, holdBack) : List.of(phase(options)),
            hasSteps,
            options.number("alpha", "0.01", 1e-9, 0.5),
            options.number("margin", "0", 0, 10),
            options.seed());
    try (RolloutTraffic traffic = new RolloutTraffic(Path.of(options.text("traffic", null)))) {
      JsonObject result = new SimulatedRollout(plan).run(traffic);
      out.println(result);
    }
  }

  private static Step phase(NamedOptions options) {
    for (String name : List.of("step-seconds", "step-keys", "hold-back")) {
      if (options.has(name)) {
        throw new IllegalArgumentException("--" + name + " needs --steps");
      }
    }
    return new Step(options.number("canary", "0.01", 1e-6, 0.999_999), 0, 0);
  }

  private static List<Step> steps(NamedOptions options, double holdBack) {
    double seconds = options.number("step-seconds", "600", 0, 1e9);
    double keys = options.number("step-keys", "0", 0, 1e12);
    List<Step> steps = new ArrayList<>();
    for (String each : options.text("steps", null).split(",", -1)) {
      double percent;
      try {
        percent = Double.parseDouble(each.strip());
      } catch (NumberFormatException e) {
        percent = Double.NaN;
      }
      if (!(percent > 0 && percent <= 100)) {
        throw new IllegalArgumentException(
            "--steps must be per cent that rise, such as 1,5,25,100, got \"" + each + "\"");
      }
      double width = Math.min(percent / 100, 1 - holdBack);
      steps.add(new Step(width, (long) (seconds * 1e9), (long) keys));
    }
    return steps;
  }
}
