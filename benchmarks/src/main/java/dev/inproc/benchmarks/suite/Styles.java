package dev.inproc.benchmarks.suite;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What a contender is called and drawn as, the same in every figure. */
final class Styles {
  private static final List<String> NAMES =
      List.of(
          "raw",
          "raw-n",
          "djl",
          "langchain4j",
          "fixed-delay",
          "queue-thread",
          "session",
          "batching");

  private static final Map<String, String> TITLES =
      Map.of(
          "raw", "bare engine",
          "raw-n", "bare engine, a session a processor",
          "djl", "DJL",
          "langchain4j", "LangChain4j",
          "fixed-delay", "fixed-delay batcher (1 ms)",
          "queue-thread", "queue-and-thread batcher",
          "session", "Inproc session",
          "batching", "Inproc batching");

  private static final Map<String, String> COLOURS =
      Map.of(
          "raw", "#444444",
          "raw-n", "#9a9a9a",
          "djl", "#b07d2b",
          "langchain4j", "#8c4a8c",
          "fixed-delay", "#c2504a",
          "queue-thread", "#2f8f6b",
          "session", "#5b9bd5",
          "batching", "#1f4fa3");

  static final Comparator<String> ORDER =
      Comparator.comparingInt((String who) -> NAMES.indexOf(base(who))).thenComparing(who -> who);

  private Styles() {}

  private static String base(String who) {
    int comma = who.indexOf(',');
    return comma < 0 ? who : who.substring(0, comma);
  }

  static String title(String who) {
    return TITLES.getOrDefault(base(who), who) + who.substring(base(who).length());
  }

  static String colour(String who) {
    return COLOURS.getOrDefault(base(who), "#000000");
  }
}
