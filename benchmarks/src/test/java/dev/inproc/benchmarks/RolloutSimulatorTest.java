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
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutSimulatorTest {
  private static final String HEADER = "time_ms,key,stable_error,canary_error,stable_us,canary_us";

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(List<String> lines, String... more) throws IOException {
    Path file = Files.write(folder.resolve("traffic.csv"), lines);
    out.reset();
    err.reset();
    List<String> all = new ArrayList<>(List.of("--traffic", file.toString()));
    all.addAll(List.of(more));
    return RolloutSimulator.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        all.toArray(String[]::new));
  }

  private JsonObject printed(List<String> lines, String... more) throws IOException {
    assertEquals(0, run(lines, more), err.toString(StandardCharsets.UTF_8));
    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count());
    return JsonParser.parseString(text).getAsJsonObject();
  }

  /** Calls each millisecond, each of another key, with exponential durations. */
  private static List<String> calls(int count, double stable, double canary, double slower) {
    Random random = new Random(7);
    List<String> lines = new ArrayList<>(List.of(HEADER));
    for (int i = 0; i < count; i++) {
      double micros = -1_000 * Math.log(1 - random.nextDouble());
      double coin = random.nextDouble();
      lines.add(
          i
              + ",user"
              + i
              + ","
              + (coin < stable ? 1 : 0)
              + ","
              + (coin < canary ? 1 : 0)
              + ","
              + micros
              + ","
              + micros * slower);
    }
    return lines;
  }

  private static String verdict(JsonObject json) {
    return json.get("verdict").getAsString();
  }

  @Test
  void equalVersions_withoutSteps_runToTheEnd() throws IOException {
    JsonObject json = printed(calls(20_000, 0.01, 0.01, 1), "--canary", "0.2", "--seed", "1");
    assertEquals("running", verdict(json));
    assertTrue(json.get("trigger").isJsonNull());
    assertEquals(20_000, json.get("atRequests").getAsLong());
    assertEquals(19_999, json.get("atMs").getAsLong());
    assertEquals(4_000.0, json.get("canaryCalls").getAsDouble(), 200);
    assertEquals(1, json.get("step").getAsInt());
    assertTrue(json.get("evidence").getAsDouble() < 100);
  }

  @Test
  void equalVersions_withSteps_arePromoted() throws IOException {
    JsonObject json =
        printed(
            calls(50_000, 0.01, 0.01, 1),
            "--steps",
            "1,5,25,100",
            "--step-seconds",
            "10",
            "--step-keys",
            "10");
    assertEquals("promoted", verdict(json));
    assertEquals(4, json.get("step").getAsInt());
    assertEquals(40_000.0, json.get("atMs").getAsDouble(), 400);
  }

  @Test
  void step_withTooFewKeys_waits() throws IOException {
    JsonObject json =
        printed(
            calls(50_000, 0, 0, 1),
            "--steps",
            "1,100",
            "--step-seconds",
            "1",
            "--step-keys",
            "300");
    assertEquals("promoted", verdict(json));
    assertEquals(31_000.0, json.get("atMs").getAsDouble(), 2_000, "30,000 keys, of which 1 %");
  }

  @Test
  void step_anyLanesOfTheKeys_endsAtTheSameTime() throws IOException {
    List<String> lines = calls(8_000, 0, 0, 1);
    for (int seed = 1; seed <= 12; seed++) { // the canary's own 30th key comes 18 % sooner or later
      JsonObject json =
          printed(
              lines,
              "--steps",
              "1,100",
              "--step-seconds",
              "0",
              "--step-keys",
              "30",
              "--seed",
              "" + seed);
      assertEquals("promoted", verdict(json));
      assertEquals(3_000.0, json.get("atMs").getAsDouble(), 300, "with seed " + seed);
    }
  }

  @Test
  void canaryThatFails_isRolledBackWithinFifteenVotes() throws IOException {
    for (String seed : List.of("1", "2", "3")) {
      JsonObject json = printed(calls(5_000, 0, 1, 1), "--canary", "0.01", "--seed", seed);
      assertEquals("rolledBack", verdict(json));
      assertEquals("errors", json.get("trigger").getAsString());
      assertTrue(json.get("canaryVotes").getAsInt() <= 15, json.toString());
      assertEquals(0, json.get("controlVotes").getAsInt());
      assertTrue(json.get("evidence").getAsDouble() >= 100, json.toString());
      long canaryCalls = json.get("canaryCalls").getAsLong();
      assertTrue(canaryCalls <= 17, "begun until the alarm: " + canaryCalls);
    }
  }

  @Test
  void canaryThatIsSlow_isRolledBack() throws IOException {
    JsonObject json = printed(calls(30_000, 0, 0, 2), "--canary", "0.05", "--alpha", "0.01");
    assertEquals("rolledBack", verdict(json));
    assertEquals("latency", json.get("trigger").getAsString());
  }

  @Test
  void callsOfOneRun_castOneVote() throws IOException {
    List<String> lines = new ArrayList<>(List.of("run," + HEADER + ",rule"));
    for (int i = 0; i < 10_000; i++) { // 1,000 calls fail together, in both versions
      lines.add(
          (i < 1_000 ? "r1" : "")
              + ","
              + i
              + ",k"
              + i
              + ","
              + (i < 1_000 ? "1,1" : "0,0")
              + ",100,100,");
    }
    JsonObject json = printed(lines, "--canary", "0.5");
    assertEquals("running", verdict(json));
  }

  @Test
  void callsByARule_neverVoteAndAreNotCounted() throws IOException {
    List<String> lines = new ArrayList<>(List.of("rule," + HEADER));
    for (int i = 0; i < 1_000; i++) {
      lines.add("1," + i + ",k" + i + ",0,1,100,100");
    }
    JsonObject json = printed(lines, "--canary", "0.5");
    assertEquals("running", verdict(json));
    assertEquals(0, json.get("canaryCalls").getAsInt());
    assertEquals(1_000, json.get("atRequests").getAsInt());
  }

  @Test
  void columns_inAnotherOrder_giveTheSame() throws IOException {
    List<String> lines = calls(5_000, 0.01, 0.1, 1);
    List<String> turned = new ArrayList<>();
    for (String line : lines) {
      String[] values = line.split(",", -1);
      turned.add(
          values[5] + "," + values[4] + "," + values[3] + "," + values[2] + "," + values[1] + ","
              + values[0]);
    }
    String[] options = {"--canary", "0.3", "--seed", "5"};
    assertEquals(printed(lines, options), printed(turned, options));
  }

  @Test
  void callsWithoutKeys_areDivided() throws IOException {
    List<String> lines = new ArrayList<>(List.of(HEADER));
    for (int i = 0; i < 10_000; i++) {
      lines.add(i + ",,0,0,100,100");
    }
    JsonObject json = printed(lines, "--canary", "0.1");
    assertEquals(1_000, json.get("canaryCalls").getAsInt(), 120);
  }

  private void assertRefused(String message, List<String> lines, String... more)
      throws IOException {
    assertEquals(2, run(lines, more));
    String text = err.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains(message), text);
    assertEquals("", out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void badFile_isRefusedWithItsLine() throws IOException {
    assertRefused("Line 1 must name the columns", List.of("time_ms,key"));
    assertRefused("Line 1 must name the columns", List.of());
    assertRefused("Line 1 must name the columns", List.of(HEADER + ",model"));
    assertRefused("Line 3 has 2 values, expected 6", List.of(HEADER, "0,a,0,0,1,1", "1,2"));
    assertRefused("Line 2: time_ms must be a number", List.of(HEADER, "x,a,0,0,1,1"));
    assertRefused("Line 2: stable_us must be a number of 0", List.of(HEADER, "0,a,0,0,-1,1"));
    assertRefused("Line 2: canary_error must be 0 or 1", List.of(HEADER, "0,a,0,2,1,1"));
    assertRefused("Line 3: time_ms goes back", List.of(HEADER, "5,a,0,0,1,1", "4,a,0,0,1,1"));
  }

  @Test
  void badArguments_areRefusedByName() throws IOException {
    List<String> good = List.of(HEADER, "0,a,0,0,1,1");
    assertRefused("--canary must be a number", good, "--canary", "1.5");
    assertRefused("--steps must be per cent", good, "--steps", "1,five");
    assertRefused("Each step must be wider", good, "--steps", "5,1");
    assertRefused("--step-keys needs --steps", good, "--step-keys", "5");
    assertRefused("--alpha must be a number", good, "--alpha", "2");
  }
}
