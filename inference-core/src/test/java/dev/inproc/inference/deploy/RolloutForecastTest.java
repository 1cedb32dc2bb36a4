package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.RolloutForecast.Detection;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a plan says beforehand. */
class RolloutForecastTest {
  private final RolloutPlan<Integer, String> usual = RolloutPlan.to(version(2));

  private static Detection of(RolloutForecast forecast, int step, double ratio) {
    return forecast.steps().get(step - 1).freshFaults().stream()
        .filter(each -> each.ratio() == ratio)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void forecast_largeService_findsGrossFaultsInMinutes() {
    RolloutForecast forecast = RolloutForecast.of(usual, RolloutTraffic.withoutKeys(1_000, 0.001));
    System.out.println(forecast);
    Detection tenfold = of(forecast, 1, 10);
    assertTrue(tenfold.hasPower());
    assertEquals(180, tenfold.medianSeconds(), 60);
    assertTrue(of(forecast, 1, Double.POSITIVE_INFINITY).medianVotes() <= 15);
    assertTrue(of(forecast, 3, 10).medianSeconds() < tenfold.medianSeconds() / 10);
    assertFalse(of(forecast, 4, 10).hasPower()); // nothing to compare with
    assertEquals(600, forecast.steps().get(1).startsAfterSeconds());
    double fresh = tenfold.medianSeconds();
    double late =
        forecast.steps().get(0).lateFaults().stream()
            .filter(each -> each.ratio() == 10)
            .findFirst()
            .orElseThrow()
            .medianSeconds();
    assertTrue(late > 1.5 * fresh && late < 4 * fresh, fresh + " s, " + late + " s");
  }

  @Test
  void forecast_fewKeys_saysThatThereIsNoPower() {
    RolloutForecast forecast = RolloutForecast.of(usual, new RolloutTraffic(1, 500, 0.001));
    System.out.println(forecast);
    assertFalse(of(forecast, 1, 10).hasPower());
    assertFalse(of(forecast, 1, Double.POSITIVE_INFINITY).hasPower()); // five keys in the canary
    assertTrue(Double.isInfinite(forecast.steps().get(1).startsAfterSeconds()));
    RolloutForecast larger =
        RolloutForecast.of(
            usual.withSteps(
                new RolloutStep(0.2, Duration.ofMinutes(10), 20),
                new RolloutStep(1, Duration.ZERO, 0)),
            new RolloutTraffic(1, 500, 0.001));
    assertTrue(of(larger, 1, Double.POSITIVE_INFINITY).hasPower());
    assertTrue(larger.steps().get(1).startsAfterSeconds() < 700);
  }

  @Test
  void traffic_impossible_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> new RolloutTraffic(0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> new RolloutTraffic(1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new RolloutTraffic(1, 1, 1.5));
    assertThrows(IllegalArgumentException.class, () -> new RolloutTraffic(1, Double.NaN, 0.1));
  }
}
