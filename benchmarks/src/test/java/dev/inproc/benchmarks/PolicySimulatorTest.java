package dev.inproc.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicySimulatorTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Path trace(String... lines) throws IOException {
    return Files.write(folder.resolve("trace.csv"), List.of(lines));
  }

  private int run(Path trace, String... more) {
    out.reset();
    err.reset();
    List<String> all = new ArrayList<>(List.of("--trace", trace.toString()));
    all.addAll(List.of("--fixed-us", "100", "--per-item-us", "10", "--max-batch", "32"));
    all.addAll(List.of(more));
    return PolicySimulator.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        all.toArray(String[]::new));
  }

  private JsonObject printed() {
    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count());
    return JsonParser.parseString(text).getAsJsonObject();
  }

  @Test
  void policy_handComputedTrace_printsItsFigures() throws IOException {
    // The first runs alone, 0–110. Together the others would end at 230, too late for the third:
    // so it goes first and alone, 110–220, and the second after it, 220–330.
    Path trace = trace("arrival_us,deadline_us", "0,", "10,1010", "20,220");
    assertEquals(0, run(trace));
    assertEquals(
        "{\"requests\":3,\"onTime\":3,\"late\":0,\"dropped\":0,\"batches\":3,"
            + "\"meanWaitUs\":100.0,\"p99LatencyUs\":320.0}",
        out.toString(StandardCharsets.UTF_8).strip());
  }

  @Test
  void oracle_sameTrace_isNeverWorse() throws IOException {
    List<String> lines = new ArrayList<>(List.of("arrival_us,deadline_us"));
    for (int i = 0; i < 400; i++) {
      lines.add(i * 9 + "," + (i * 9 + 700));
    }
    Path trace = trace(lines.toArray(String[]::new));
    assertEquals(0, run(trace, "--engines", "1"));
    int own = printed().get("onTime").getAsInt();
    assertEquals(0, run(trace, "--policy", "oracle"));
    int best = printed().get("onTime").getAsInt();
    assertTrue(own <= best && own >= 0.95 * best, own + " of " + best);
    assertTrue(best < 400);
    assertEquals(0, run(trace, "--engines", "2"));
    assertEquals(400, printed().get("onTime").getAsInt());
    assertEquals(0, run(trace, "--cost", "learned", "--jitter", "0.1", "--seed", "3"));
    assertTrue(printed().get("onTime").getAsInt() >= 0.85 * best);
  }

  private void assertRefused(String message, Path trace, String... more) {
    assertEquals(2, run(trace, more));
    String text = err.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains(message), text);
    assertEquals("", out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void badFile_isRefusedWithItsLine() throws IOException {
    assertRefused("No such file", folder.resolve("none.csv"));
    assertRefused("expected the header \"arrival_us,deadline_us\"", trace("arrival,deadline"));
    assertRefused("line 3: expected 2 fields, got 3", trace(header(), "1,2", "1,2,3"));
    assertRefused("line 2: expected arrival_us", trace(header(), "x,2"));
    assertRefused("line 2: expected arrival_us", trace(header(), "-1,2"));
    assertRefused("line 2: expected deadline_us", trace(header(), "1,NaN"));
    assertRefused("line 2: expected a deadline at or after", trace(header(), "5,4"));
  }

  private static String header() {
    return "arrival_us,deadline_us";
  }

  @Test
  void badArguments_areRefusedByName() throws IOException {
    Path good = trace(header(), "0,1000");
    assertRefused("Unknown option --bach", good, "--bach", "3");
    assertRefused("--seed needs a value", good, "--seed");
    assertRefused("--engines must be a whole number from 1", good, "--engines", "0");
    assertRefused("--jitter must be a number from 0", good, "--jitter", "2");
    assertRefused("--seed must be a whole number", good, "--seed", "x");
    assertRefused("--policy must be one of", good, "--policy", "magic");
    assertRefused("--max-batch is given twice", good, "--max-batch", "3");
    assertRefused("one engine without jitter", good, "--policy", "oracle", "--engines", "2");
    assertRefused("request 2 by arrival", trace(header(), "0,90", "1,50"), "--policy", "oracle");
  }

  @Test
  void emptyTrace_isNoError() throws IOException {
    assertEquals(0, run(trace(header())));
    assertEquals(0, printed().get("requests").getAsInt());
    assertEquals(0, run(trace(header()), "--policy", "oracle"));
  }
}
