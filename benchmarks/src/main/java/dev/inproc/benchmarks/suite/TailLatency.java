package dev.inproc.benchmarks.suite;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.inproc.benchmarks.Samples;
import dev.inproc.benchmarks.load.Arrivals;
import dev.inproc.benchmarks.load.Clock;
import dev.inproc.benchmarks.load.LoadResult;
import dev.inproc.benchmarks.load.OpenLoop;
import dev.inproc.benchmarks.load.Window;
import dev.inproc.benchmarks.peers.Contender;
import dev.inproc.benchmarks.peers.Lineup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Latency of one model at loads that it can carry, contender beside contender: in each round all
 * get the same Poisson arrivals, in an order shuffled anew, so that ratios within a round say more
 * than percentiles across them. A load is a share of what batching answers with 256 requests under
 * way. Those without asynchronous calls are called by 16 threads. Prints a line of JSON for each
 * load.
 *
 * <pre>{@code
 * java -Dinproc.benchmark.threads=1 -cp benchmarks/target/benchmarks.jar \
 *   dev.inproc.benchmarks.suite.TailLatency wide 0.2,0.4,0.6,0.8 10 1.5
 * }</pre>
 *
 * Arguments: lineup, loads, rounds, seconds of a measurement, and contenders if not all. On a
 * machine of two processors leave one to the generator, as above: with both at work in the engine,
 * it is late by milliseconds.
 */
public final class TailLatency {
  private static final String SUBJECT = "batching";
  private static final Set<String> WANTED =
      Set.of("raw", "session", SUBJECT, "fixed-delay", "queue-thread");
  private static final int CALLERS = 16;
  private static final int WINDOW = 256;
  private static final int MOST_OUTSTANDING = 4_096;
  private static final long SECOND = 1_000_000_000;

  private final Map<String, List<LoadResult>> results = new LinkedHashMap<>();

  private TailLatency() {}

  /** See the class. */
  public static void main(String[] arguments) {
    Child.silenceLogs();
    List<Double> loads = Arrays.stream(arguments[1].split(",", -1)).map(Double::valueOf).toList();
    int rounds = Integer.parseInt(arguments[2]);
    double seconds = Double.parseDouble(arguments[3]);
    Set<String> wanted = arguments.length < 5 ? WANTED : Set.of(arguments[4].split(",", -1));
    try (Lineup lineup = Lineup.open(arguments[0], wanted)) {
      Map<String, Contender> contenders = lineup.contenders();
      contenders.values().forEach(contender -> warmUp(contender, seconds));
      Contender subject = contenders.get(SUBJECT);
      if (subject == null) {
        throw new IllegalArgumentException("No batching in " + arguments[0]);
      }
      double capacity =
          Window.run(subject, Clock.SYSTEM, WINDOW, SECOND / 2, (long) (seconds * SECOND));
      for (double load : loads) {
        TailLatency at = new TailLatency();
        at.measure(contenders, load * capacity, rounds, seconds);
        JsonObject line = at.toJson(arguments[0], load, load * capacity);
        if (lineup.textLengths() != null) {
          line.addProperty("lengths", lineup.textLengths().toString());
        }
        System.out.println(line);
      }
    }
    System.exit(0);
  }

  private static void warmUp(Contender contender, double seconds) {
    run(contender, Arrivals.POISSON.schedule(100, seconds, 0));
    if (contender.isAsynchronous()) {
      Window.run(contender, Clock.SYSTEM, WINDOW, SECOND, SECOND);
    }
  }

  private static LoadResult run(Contender contender, long[] schedule) {
    long warmUp = SECOND / 5;
    return contender.isAsynchronous()
        ? OpenLoop.submit(contender, Clock.SYSTEM, schedule, warmUp, MOST_OUTSTANDING)
        : OpenLoop.call(contender, Clock.SYSTEM, schedule, warmUp, CALLERS);
  }

  private void measure(
      Map<String, Contender> contenders, double perSecond, int rounds, double seconds) {
    List<String> order = new ArrayList<>(contenders.keySet());
    order.forEach(who -> results.put(who, new ArrayList<>()));
    Random random = new Random(1);
    for (int round = 0; round < rounds; round++) {
      long[] schedule = Arrivals.POISSON.schedule(perSecond, seconds, round);
      Collections.shuffle(order, random);
      for (String who : order) {
        Contender contender = contenders.get(who);
        List<LoadResult> own = results.get(who);
        if (contender != null && own != null) {
          own.add(run(contender, schedule));
        }
      }
    }
  }

  private JsonObject toJson(String lineup, double load, double perSecond) {
    JsonObject json = new JsonObject();
    json.addProperty("lineup", lineup);
    json.addProperty("load", load);
    json.addProperty("perSecond", Math.round(perSecond));
    JsonArray all = new JsonArray();
    results.forEach((who, rounds) -> all.add(toJson(who, rounds)));
    json.add("contenders", all);
    return json;
  }

  private JsonObject toJson(String who, List<LoadResult> rounds) {
    JsonObject json = new JsonObject();
    json.addProperty("who", who);
    json.addProperty("failed", rounds.stream().mapToLong(LoadResult::failed).sum());
    for (double percentile : new double[] {50, 99}) {
      String name = String.format(Locale.ROOT, "p%.0f", percentile);
      double[] micros = rounds.stream().mapToDouble(each -> each.micros(percentile)).toArray();
      json.addProperty(name, Math.round(median(micros)));
      double[] ratios = new double[micros.length];
      int below = 0;
      List<LoadResult> subject = results.getOrDefault(SUBJECT, List.of());
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = subject.get(i).micros(percentile) / micros[i];
        below += ratios[i] < 1 ? 1 : 0;
      }
      json.addProperty(name + "Ratio", Math.round(1000 * median(ratios)) / 1000.0);
      json.addProperty(name + "RoundsBelow", below);
    }
    double[] late =
        rounds.stream()
            .mapToDouble(each -> each.lateness().getValueAtPercentile(99) / 1e3)
            .toArray();
    json.addProperty("latenessP99", Math.round(median(late)));
    return json;
  }

  private static double median(double[] values) {
    return new Samples(List.of(values)).median();
  }
}
