package dev.inproc.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatioReportTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path folder;

  @Test
  void report_barMet_passes() throws IOException {
    int status = report(result("predict", 0.50), result("bareFresh", 1.00));
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("predict / bareFresh"), text);
    assertTrue(text.contains("0.500"), text);
    assertTrue(text.contains("pass"), text);
    assertTrue(text.contains("48"), text);
    assertEquals(2, status, "the other bars were not measured");
  }

  @Test
  void report_barMissed_fails() throws IOException {
    int status = report(result("predict", 0.70), result("bareFresh", 1.00));
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("FAIL"), text);
    assertEquals(1, status);
  }

  @Test
  void report_intervalAcrossBar_isUnsure() throws IOException {
    report(result("predict", 0.55, 0.58, 0.59, 0.70, 0.71), result("bareFresh", 1.0));
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("pass (unsure)"), text);
  }

  @Test
  void report_methodsWithParameters_areComparedLikeForLike() throws IOException {
    int status =
        report(
            with("16", result("hit", 3.00)),
            with("256", result("hit", 1.00)),
            with("16", result("caffeineGet", 2.00)),
            with("256", result("caffeineGet", 0.40)));
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("hit / caffeineGet [16]"), text);
    assertTrue(text.contains("1.500"), text);
    assertTrue(text.contains("2.500"), text);
    assertEquals(1, status, "one of the two misses its bar");
  }

  private static String with(String parameter, String result) {
    return result.replace(
        "\"primaryMetric\"", "\"params\":{\"n\":\"" + parameter + "\"},\"primaryMetric\"");
  }

  private int report(String... results) throws IOException {
    Path file = folder.resolve("out.json");
    Files.writeString(file, "[" + String.join(",", results) + "]");
    return RatioReport.report(file, new PrintStream(printed, true, StandardCharsets.UTF_8));
  }

  private static String result(String method, double... times) {
    List<String> texts = new ArrayList<>();
    for (double time : times) {
      texts.add(Double.toString(time));
    }
    String fork = "[" + String.join(",", texts) + "]";
    return String.format(
        Locale.ROOT,
        "{\"benchmark\":\"a.B.%s\",\"primaryMetric\":{\"scoreUnit\":\"us/op\",\"rawData\":[%s]},"
            + "\"secondaryMetrics\":{\"gc.alloc.rate.norm\":{\"score\":48.0}}}",
        method,
        fork);
  }
}
