package dev.inproc.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GuardBaselineTest {
  private final GuardBaseline baseline =
      GuardBaseline.of(
          "a processor",
          List.of(
              Map.of("calm", 1.00, "noisy", 2.0),
              Map.of("calm", 1.01, "noisy", 2.08),
              Map.of("calm", 1.01, "noisy", 1.92)));

  @Test
  void alarms_withinTheNoise_none() {
    assertEquals(List.of(), baseline.alarms(Map.of("calm", 1.05, "noisy", 2.19)));
    assertEquals(List.of(), baseline.alarms(Map.of("calm", 0.5, "noisy", 0.5)), "better");
  }

  @Test
  void alarms_aFifthSlower_eachRings() {
    List<String> alarms = baseline.alarms(Map.of("calm", 1.2 * 1.01, "noisy", 2.4));
    assertEquals(2, alarms.size());
    assertEquals("calm: 1.212 times the bare engine, was 1.010, at most 1.061", alarms.get(0));
  }

  @Test
  void alarms_notMeasured_rings() {
    assertEquals(List.of("noisy: not measured"), baseline.alarms(Map.of("calm", 1.0)));
    assertEquals(2, baseline.alarms(Map.of("calm", Double.NaN, "noisy", Double.NaN)).size());
  }

  @Test
  void json_writtenAndRead_isTheSame() {
    GuardBaseline read =
        GuardBaseline.of(JsonParser.parseString(baseline.toJson()).getAsJsonObject());
    assertEquals(baseline.processor(), read.processor());
    assertEquals(baseline.ratios().keySet(), read.ratios().keySet());
    GuardBaseline.Ratio noisy = read.ratios().get("noisy");
    assertEquals(2.0, noisy.ratio(), 1e-3);
    assertEquals(0.04, noisy.noise(), 1e-3);
    assertTrue(noisy.limit() > 2.19 && noisy.limit() < 2.21);
  }
}
