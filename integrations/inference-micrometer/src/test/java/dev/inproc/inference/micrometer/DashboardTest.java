package dev.inproc.inference.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.testing.LedgerModel;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every query of the dashboard and of the alert rules finds series in a scrape. */
class DashboardTest {
  /** A series of ours, and its label matchers. */
  private static final Pattern SELECTOR = Pattern.compile("(inproc_[a-z_]+)(?:\\{([^}]*)})?");

  private static final Pattern MATCHER = Pattern.compile("([a-z]+)\\s*=\\s*\"([^\"]*)\"");

  private static String resource(String name) throws IOException {
    try (InputStream in = DashboardTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String scrape() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Session session =
        Session.of(
            "ledger",
            null,
            List.of(LedgerModel.scalars().replica()),
            SessionOptions.builder().integrity(IntegrityOptions.skip()).build());
    try (Predictor<Long, Long> predictor =
        session
            .with(Batching.upTo(8))
            .with(
                Codec.of(
                    Long.class, LedgerModel::request, answer -> answer.get("answer").getLong(0)))
            .with(Caching.exact(100).withAnswers(Long.class).withAlwaysOn())
            .with(Metering.named("ledger"))) {
      for (long id = 0; id < 50; id++) {
        predictor.submit(id % 20).join();
      }
      PredictorMeters.of("ledger", predictor).bindTo(registry);
      return registry.scrape();
    }
  }

  private static void assertFinds(String query, String scrape) {
    Matcher selector = SELECTOR.matcher(query);
    boolean any = false;
    while (selector.find()) {
      any = true;
      List<String> labels = new ArrayList<>();
      Matcher matcher = MATCHER.matcher(selector.group(2) == null ? "" : selector.group(2));
      while (matcher.find()) {
        labels.add(matcher.group(1) + "=\"" + matcher.group(2) + "\"");
      }
      String name = selector.group(1);
      boolean found =
          scrape
              .lines()
              .anyMatch(
                  line -> line.startsWith(name + "{") && labels.stream().allMatch(line::contains));
      assertTrue(found, () -> name + labels + " of " + query + " is not in\n" + scrape);
    }
    assertTrue(any, () -> "no meter of ours in " + query);
  }

  @Test
  void dashboard_queriesMetersThatExist() throws IOException {
    String scrape = scrape();
    JsonObject dashboard =
        JsonParser.parseString(resource("grafana-dashboard.json")).getAsJsonObject();
    Set<Integer> ids = new TreeSet<>();
    int queries = 0;
    for (JsonElement panel : dashboard.getAsJsonArray("panels")) {
      ids.add(panel.getAsJsonObject().get("id").getAsInt());
      for (JsonElement target : panel.getAsJsonObject().getAsJsonArray("targets")) {
        assertFinds(target.getAsJsonObject().get("expr").getAsString(), scrape);
        queries++;
      }
    }
    assertEquals(dashboard.getAsJsonArray("panels").size(), ids.size());
    assertEquals(11, queries);
  }

  @Test
  void alerts_queryMetersThatExist() throws IOException {
    String scrape = scrape();
    String[] rules = resource("prometheus-alerts.yml").split("- alert: ", -1);
    assertEquals(5, rules.length);
    for (int i = 1; i < rules.length; i++) {
      String expression = rules[i].substring(rules[i].indexOf("expr:"), rules[i].indexOf("for:"));
      assertFinds(expression, scrape);
    }
  }
}
