package dev.inproc.benchmarks.suite;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The regression guard: a few ratios of the library's time to the bare engine's, each the median
 * over {@value #JVMS} JVMs, against a stored baseline. Exits with 1 if one has worsened beyond its
 * recorded noise; with 3 if the baseline is of another processor, whose ratios do not compare.
 *
 * <pre>{@code
 * ./mvnw -Pguard -pl benchmarks -am -DskipTests verify
 * java -cp benchmarks.jar dev.inproc.benchmarks.suite.Guard guard-baseline.json
 * java -cp benchmarks.jar dev.inproc.benchmarks.suite.Guard guard-baseline.json --record 7
 * java -cp benchmarks.jar dev.inproc.benchmarks.suite.Guard guard-baseline.json --plant 0.2
 * }</pre>
 *
 * <p>The last makes the library's runs take a fifth longer, so that the guard can be seen to ring.
 */
public final class Guard {
  private static final int JVMS = 3;

  private Guard() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 1 && arguments.length != 3) {
      System.err.println("usage: Guard <baseline.json> [--record <runs> | --plant <share>]");
      System.exit(64);
    }
    Path file = Path.of(arguments[0]);
    String option = arguments.length == 3 ? arguments[1] : "";
    switch (option) {
      case "--record" -> record(file, Integer.parseInt(arguments[2]));
      case "--plant" -> System.exit(judge(file, Double.parseDouble(arguments[2])));
      default -> System.exit(judge(file, 0));
    }
  }

  private static void record(Path file, int runs) throws IOException, InterruptedException {
    List<Map<String, Double>> all = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      all.add(measure(0));
      System.out.println(all.get(i));
    }
    Files.writeString(file, GuardBaseline.of(Machine.cpu("model name"), all).toJson());
  }

  private static int judge(Path file, double plant) throws IOException, InterruptedException {
    GuardBaseline baseline =
        GuardBaseline.of(JsonParser.parseString(Files.readString(file)).getAsJsonObject());
    String here = Machine.cpu("model name");
    if (!baseline.processor().equals(here)) {
      System.out.println(
          "The baseline is of \""
              + baseline.processor()
              + "\", this is \""
              + here
              + "\": record one here with --record 7");
      return 3;
    }
    Map<String, Double> measured = measure(plant);
    measured.forEach(
        (name, ratio) -> System.out.println(String.format(Locale.ROOT, "%-16s %.3f", name, ratio)));
    List<String> alarms = baseline.alarms(measured);
    alarms.forEach(alarm -> System.out.println("WORSE  " + alarm));
    System.out.println(alarms.isEmpty() ? "The guard is silent." : "The guard rings.");
    return alarms.isEmpty() ? 0 : 1;
  }

  private static Map<String, Double> measure(double plant)
      throws IOException, InterruptedException {
    Map<String, List<Double>> all = new TreeMap<>();
    for (int i = 0; i < JVMS; i++) {
      for (String line :
          Child.run(GuardRun.class, List.of(Double.toString(plant))).lines().toList()) {
        int equals = line.indexOf('=');
        all.computeIfAbsent(line.substring(0, equals), name -> new ArrayList<>())
            .add(Double.parseDouble(line.substring(equals + 1)));
      }
    }
    Map<String, Double> medians = new TreeMap<>();
    all.forEach(
        (name, values) ->
            medians.put(name, values.stream().sorted().toList().get(values.size() / 2)));
    return medians;
  }
}
