package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartTest {
  @Test
  void run_ownQuestions_answersThemAndMeasures() throws InterruptedException {
    List<String> lines = run(List.of("How do I reset my password?", "what do gift cards cost"));
    String all = String.join("\n", lines);
    assertTrue(all.contains("Q     How do I reset my password?"), all);
    assertTrue(all.contains("I forgot my password, how can I set a new one?"), all);
    assertTrue(all.contains("What values do your gift cards come in?"), all);
    assertTrue(all.contains("  plain ONNX Runtime loop, FP32 "), all);
    assertTrue(all.contains("  Inproc, row-wise INT8, batching "), all);
    assertTrue(all.contains(", quantized and loaded in "), all);
    assertTrue(all.contains("INT8    23 MB in place of 90"), all);
    assertTrue(all.contains("from the exact cache: 2 hits"), all);
    assertEquals(
        "Ask your own: add -Dexec.args=\"'Where is my parcel?'\" to the same command.",
        lines.get(lines.size() - 1));
    assertOnOneScreen(lines);
    for (String least : List.of("1.0000", "0.99")) {
      assertTrue(all.contains("  " + least), all);
    }
  }

  @Test
  void run_bundledQuestions_fitsOnOneScreen() throws InterruptedException {
    List<String> lines = run(List.of());
    assertOnOneScreen(lines);
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("Of 120 questions ")));
  }

  private static void assertOnOneScreen(List<String> lines) {
    assertTrue(lines.size() <= 24, String.join("\n", lines));
    for (String line : lines) {
      assertTrue(line.length() <= 100, line);
    }
  }

  private static List<String> run(List<String> questions) throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Quickstart.run(questions, out, 1, Duration.ofMillis(50));
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
