package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.CallMetrics;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.metrics.Outcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class StatusPageTest {
  private static final ProcessResources UNKNOWN =
      new ProcessResources(
          1,
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalLong.empty());

  private static XmlElement page(LayerDescription... predictors)
      throws ReflectiveOperationException {
    return XmlElement.parse(StatusPage.render(List.of(predictors), UNKNOWN));
  }

  private static LayerDescription layer(String name, Figure... figures) {
    return new LayerDescription("session", name, List.of(figures), List.of());
  }

  private static List<String> texts(XmlElement page, String tag) {
    return page.all(tag).stream().map(XmlElement::text).toList();
  }

  private static List<String> allSamples() {
    return List.of(
        StatusPage.render(StatusSample.predictors(), StatusSample.RESOURCES, StatusSample.TIME),
        StatusPage.render(List.of(), UNKNOWN, StatusSample.TIME, StatusSample.events()),
        StatusPage.render(List.of(), UNKNOWN, StatusSample.TIME, List.of()),
        StatusPage.render(List.of(StatusSample.edges()), StatusSample.RESOURCES),
        StatusPage.render(List.of(), UNKNOWN));
  }

  // ---- the document ----

  @Test
  void page_isWellFormedAsciiAndLoadsNothing() throws ReflectiveOperationException {
    for (String text : allSamples()) {
      assertTrue(text.startsWith("<!DOCTYPE html>\n<html lang=\"en\">"));
      assertTrue(text.chars().allMatch(c -> c < 0x7F && (c >= ' ' || c == '\n')));
      assertFalse(text.contains("url(") || text.contains("@import"));
      XmlElement page = XmlElement.parse(text);
      Set<String> loading = Set.of("src", "srcset", "action", "data", "xlink:href", "poster");
      page.all()
          .forEach(
              each -> assertFalse(each.attributes().keySet().stream().anyMatch(loading::contains)));
      for (String tag : List.of("script", "img", "iframe", "object", "embed", "form", "base")) {
        assertEquals(List.of(), page.all(tag), tag);
      }
      page.all()
          .flatMap(each -> each.attributes().keySet().stream())
          .forEach(attribute -> assertFalse(attribute.startsWith("on"), attribute));
      List<String> ids =
          page.all().map(each -> each.attribute("id")).filter(id -> !id.isEmpty()).toList();
      page.all()
          .map(each -> each.attribute("href"))
          .filter(link -> !link.isEmpty() && !link.equals("data:,"))
          .forEach(link -> assertTrue(ids.contains(link.substring(1)), link));
      assertEquals(Set.copyOf(ids).size(), ids.size());
    }
  }

  @Test
  void page_isAccessible() throws ReflectiveOperationException {
    for (String text : allSamples()) {
      XmlElement page = XmlElement.parse(text);
      assertEquals(1, page.all("h1").size());
      assertEquals(1, page.all("main").size());
      page.all("th").forEach(th -> assertFalse(th.attribute("scope").isEmpty()));
      page.all("tr").forEach(row -> assertEquals("th", row.children().get(0).name()));
      page.all()
          .filter(each -> each.name().equals("svg") || each.attribute("class").equals("stack"))
          .forEach(
              image -> {
                assertEquals("img", image.attribute("role"));
                assertFalse(image.attribute("aria-label").isBlank());
              });
      int level = 1;
      for (XmlElement heading : page.all().filter(e -> e.name().matches("h[1-6]")).toList()) {
        int next = heading.name().charAt(1) - '0';
        assertTrue(next <= level + 1, "h" + next + " after h" + level);
        level = next;
      }
    }
  }

  @Test
  void equalArguments_giveEqualPages_inAnyLocale() {
    List<String> pages = allSamples();
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertEquals(pages, allSamples());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void time_isToldIfGiven() throws ReflectiveOperationException {
    Instant time = Instant.parse("2026-03-04T05:06:07.89Z");
    XmlElement page = XmlElement.parse(StatusPage.render(List.of(), UNKNOWN, time));
    assertEquals(List.of("2026-03-04 05:06:07 UTC"), texts(page, "time"));
    assertEquals("2026-03-04T05:06:07Z", page.all("time").get(0).attribute("datetime"));
    assertEquals(List.of(), page().all("time"));
    XmlElement.parse(StatusPage.render(List.of(), UNKNOWN, Instant.MAX));
    XmlElement.parse(StatusPage.render(List.of(), UNKNOWN, Instant.MIN));
  }

  @Test
  void events_areATableInTheOrderGiven_withTheirNamesAsText() throws ReflectiveOperationException {
    XmlElement page =
        XmlElement.parse(
            StatusPage.render(List.of(), UNKNOWN, StatusSample.TIME, StatusSample.events()));
    List<List<String>> rows =
        page.all("tr").stream()
            .map(row -> row.children().stream().map(XmlElement::text).toList())
            .toList();
    assertEquals(List.of("Time", "Event", "Of", "Detail"), rows.get(0));
    assertEquals(
        List.of("2026-03-04 05:06:07 UTC", "cache on", "exact cache of faq-embedder", ""),
        rows.get(1));
    List<String> what = rows.stream().skip(1).map(row -> row.get(1)).toList();
    assertEquals(
        List.of(
            "cache on",
            "cache off",
            "overloaded",
            "shadow stopped",
            "shadow started",
            "version retired",
            "rolled back",
            "version refused",
            "version switched",
            "model freed",
            "probe: clean",
            "probe: not clean",
            "model loaded",
            "model freed",
            "experiment is not valid",
            "experiment ended",
            "experiment phase 1"),
        what);
    assertEquals("10,000 calls waited", rows.get(3).get(3));
    assertEquals("faq@4: 12,000 pairs compared, 3 calls failed", rows.get(4).get(3));
    assertEquals("row 1 moves by 0.19", rows.get(12).get(3));
    assertEquals("on cuda:0 in 1.23 s", rows.get(13).get(3));
    assertEquals("<script>alert(1)</script>&\"'", rows.get(14).get(2));
    assertEquals(List.of(), page.all("script"));
    List<String> noEvents =
        texts(
            XmlElement.parse(StatusPage.render(List.of(), UNKNOWN, StatusSample.TIME, List.of())),
            "p");
    assertTrue(noEvents.contains("No events."), noEvents::toString);
    assertEquals(List.of(), page().all("section"));
  }

  // ---- texts from outside ----

  @Test
  void markup_inAnyName_isText() throws ReflectiveOperationException {
    String evil = "\"'><script>alert(1)</script>&amp;<!--]]></style><img src=x onerror=a>";
    LayerDescription layer =
        new LayerDescription(
            evil,
            evil,
            List.of(
                new Figure.Counter("calls", Map.of("outcome", evil, evil, evil), evil, 3),
                new Figure.Counter(evil, Map.of(evil, evil), evil, 3),
                new Figure.Gauge(evil, Map.of(evil, evil), evil + "/second", 3),
                new Figure.Spread(
                    evil, Map.of(evil, evil), evil, StatusSample.values(9, () -> 5), 1, true),
                new Figure.Spread(evil, Map.of(evil, evil), evil, Histogram.EMPTY, 1, true),
                new Figure.Info(evil, evil)),
            List.of(layer(evil)));
    String text = StatusPage.render(List.of(layer, layer), UNKNOWN);
    XmlElement page = XmlElement.parse(text);
    assertEquals(List.of("Predictors", evil, evil), texts(page, "h2"));
    assertEquals(List.of(evil + " " + evil, evil + " " + evil), texts(page, "h3"));
    assertTrue(texts(page, "td").contains(evil));
    Set<String> tags = Set.of("script", "img", "style");
    assertEquals(1, page.all().filter(each -> tags.contains(each.name())).count());
    page.all("span").forEach(span -> assertTrue(span.attribute("class").matches("[a-z ]*")));
    // An HTML parser ends a title or a style at its end tag, whatever XML says.
    assertEquals(1, text.split("</style>", -1).length - 1);
  }

  @Test
  void charactersThatXmlCannotHold_areReplaced() throws ReflectiveOperationException {
    String name = "a\u0000b\u001Bc\rd\u007Fe\u0085f\uD800g\uDC00h\uFFFEi\u202Ej\u2066k\uFDD0";
    assertEquals(
        "a\u2400b\u241Bc\u240Dd\uFFFDe\uFFFDf\uFFFDg\uFFFDh\uFFFDi\uFFFDj\uFFFDk\uFFFD",
        texts(page(layer(name)), "h2").get(0));
    String kept = "\u00e9 \u4e2d \ud83d\ude00 \u05d0 1\t2\n3";
    assertEquals(kept, texts(page(layer(kept)), "h2").get(0));
  }

  @Test
  void anyTexts_giveAWellFormedPage() throws ReflectiveOperationException {
    long seed = System.nanoTime();
    System.out.println("Seed of StatusPageTest: " + seed);
    Random random = new Random(seed);
    List<Figure> figures = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      char[] chars = new char[random.nextInt(20)];
      for (int c = 0; c < chars.length; c++) {
        chars[c] = (char) (random.nextBoolean() ? random.nextInt(0x80) : random.nextInt(0x10000));
      }
      String text = new String(chars);
      figures.add(new Figure.Info(text, text));
      figures.add(new Figure.Gauge(text, Map.of(text, text), text, random.nextGaussian()));
    }
    page(layer("random", figures.toArray(new Figure[0])));
  }

  // ---- figures ----

  @Test
  void headline_isThatOfTheOutermostLayerWithFigures() throws ReflectiveOperationException {
    XmlElement page = XmlElement.parse(StatusPage.render(StatusSample.predictors(), UNKNOWN));
    Histogram latency = StatusSample.lognormal(1, 120_000, 2_300_000, 0.45);
    List<String> values = texts(page, "dd");
    assertEquals(HumanNumbers.of(latency.quantile(0.5) / 1e9, "second"), values.get(0));
    assertEquals(HumanNumbers.of(latency.quantile(0.95) / 1e9, "second"), values.get(1));
    assertEquals(HumanNumbers.of(latency.quantile(0.99) / 1e9, "second"), values.get(2));
    assertEquals("1,834", values.get(3));
    assertEquals(List.of("p50", "p95", "p99", "answers a second"), texts(page, "dt").subList(0, 4));
    assertEquals(List.of("faq-embedder", "fraud-score"), texts(page, "a"));
  }

  @Test
  void headline_withoutTimesOrRate_isLeftOut() throws ReflectiveOperationException {
    XmlElement page =
        page(
            layer(
                "m",
                Figure.gauge("rate", "answer/second", Double.NaN),
                Figure.Spread.seconds("latency", Histogram.EMPTY)),
            layer("n"));
    assertEquals(List.of(), page.all("dl"));
    assertEquals(8, texts(page, "td").stream().filter("\u2013"::equals).count());
    assertTrue(texts(page, "td").containsAll(List.of("not known", "no values")));
    assertTrue(texts(page, "p").contains("No figures."));
  }

  @Test
  void health_isToldInWordsWithItsReasons() throws ReflectiveOperationException {
    LayerDescription closed = layer("<b>", new Figure.Info("state", "closed"));
    String told = "degraded: session \"<b>\" is closed";
    XmlElement page = page(layer("m"), closed);
    List<String> lines =
        page.all("p").stream()
            .filter(each -> each.attribute("class").equals("health"))
            .map(XmlElement::text)
            .toList();
    assertEquals(List.of("ready", told), lines);
    assertTrue(texts(page, "td").containsAll(List.of("ready", "degraded")));
    for (Health.Status status : Health.Status.values()) {
      String style = "." + status.name().toLowerCase(Locale.ROOT) + " {";
      assertTrue(StatusStyle.CSS.contains(style), style);
    }
    for (Outcome outcome : Outcome.values()) {
      String style = "." + outcome.name().toLowerCase(Locale.ROOT) + " {";
      assertTrue(StatusStyle.CSS.contains(style), style);
    }
  }

  @Test
  void figuresWithTags_tellThemSorted() throws ReflectiveOperationException {
    XmlElement page =
        page(
            layer(
                "m",
                new Figure.Counter(
                    "batch.runs",
                    Map.of(
                        "d", "1", "a", "2", "h", "3", "b", "4", "g", "5", "c", "6", "f", "7", "e",
                        "8"),
                    "run",
                    5)));
    assertTrue(texts(page, "th").contains("batch runs, a 2, b 4, c 6, d 1, e 8, f 7, g 5, h 3"));
    assertTrue(texts(page, "td").contains("5 runs"));
  }

  @Test
  void outcomes_areOneBarWithNumbers() throws ReflectiveOperationException {
    List<Figure> figures =
        new CallMetrics(
                0,
                Map.of(
                    Outcome.ANSWERED, 999_999_999_000L, Outcome.FAILED, 7L, Outcome.EXPIRED, 993L),
                Histogram.EMPTY)
            .figures();
    XmlElement page = page(new LayerDescription("metering", "m", figures, List.of()));
    assertEquals(
        List.of(
            "answered 999,999,999,000 (> 99.99 %)",
            "failed 7 (< 0.01 %)", "expired 993 (< 0.01 %)"),
        texts(page, "li"));
    assertTrue(texts(page, "span").contains("1,000,000,000,000 calls"));
    List<XmlElement> segments =
        page.all("span").stream().filter(e -> !e.attribute("style").isEmpty()).toList();
    assertEquals(
        List.of("answered", "failed", "expired"),
        segments.stream().map(e -> e.attribute("class")).toList());
    double all =
        segments.stream()
            .mapToDouble(
                e -> Double.parseDouble(e.attribute("style").substring("flex-grow:".length())))
            .sum();
    assertEquals(100, all, 0.001);
  }

  @Test
  void callsOfTheLastMinute_areABarToo() throws ReflectiveOperationException {
    List<Figure> figures =
        new ArrayList<>(
            new CallMetrics(3, Map.of(Outcome.ANSWERED, 3L, Outcome.CLOSED, 1L), Histogram.EMPTY)
                .figuresOfLastMinute());
    figures.add(new Figure.Gauge("tries", Map.of("outcome", "lost"), "try", Double.NaN));
    XmlElement page = page(new LayerDescription("metering", "m", figures, List.of()));
    assertEquals(List.of("answered 3 (75 %)", "closed 1 (25 %)"), texts(page, "li"));
    assertTrue(texts(page, "b").contains("calls in the last minute by outcome"));
    assertEquals(List.of("no values", "not known"), texts(page, "td"));
  }

  @Test
  void page_ofARealPredictor_tellsItsCalls() throws ReflectiveOperationException {
    try (Predictor<String, Integer> metered =
        new LengthOf().with(Metering.named("outer")).with(Metering.named("lengths <&>"))) {
      metered.predict("abc");
      metered.predictAll(List.of("a", "ab"));
      XmlElement page = page(metered.describe());
      assertEquals(List.of("lengths <&>"), texts(page, "h2"));
      assertEquals(List.of("metering lengths <&>"), texts(page, "h3"));
      assertEquals(List.of("metering outer"), texts(page, "h4"));
      assertEquals("answered 3 (100 %)", texts(page, "li").get(0));
      assertEquals(List.of("p50", "p95", "p99", "answers a second"), texts(page, "dt"));
      assertEquals(4, page.all("svg").size()); // in all and in the last minute, of two layers
    }
  }

  private static final class LengthOf implements Predictor<String, Integer> {
    @Override
    public Integer predict(String input, CallOptions options) {
      return input.length();
    }

    @Override
    public List<Integer> predictAll(List<String> inputs, CallOptions options) {
      return inputs.stream().map(String::length).toList();
    }

    @Override
    public CompletableFuture<Integer> submit(String input, CallOptions options) {
      return CompletableFuture.completedFuture(input.length());
    }

    @Override
    public void close() {}
  }

  @Test
  void resources_areALine() throws ReflectiveOperationException {
    assertEquals(
        "8 processors \u00b7 12.6 min of CPU time \u00b7 812 MB resident"
            + " \u00b7 control group 790 MB of 2.15 GB (36.8 %)",
        texts(XmlElement.parse(StatusPage.render(List.of(), StatusSample.RESOURCES)), "p").get(0));
    assertEquals(List.of("1 processor", "No predictors."), texts(page(), "p"));
    ProcessResources unlimited =
        new ProcessResources(
            2,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.of(5),
            OptionalLong.empty());
    assertEquals(
        "2 processors \u00b7 control group 5 bytes, no limit",
        texts(XmlElement.parse(StatusPage.render(List.of(), unlimited)), "p").get(0));
  }

  @Test
  void layers_areNestedAsInTheTree() throws ReflectiveOperationException {
    LayerDescription deep = layer("inmost");
    for (int i = 0; i < 6; i++) {
      deep = new LayerDescription("kind" + i, "n" + i, List.of(), List.of(deep, layer("x" + i)));
    }
    XmlElement page = page(deep);
    assertEquals(List.of("kind5 n5"), texts(page, "h3"));
    assertEquals(List.of("kind4 n4", "session x5"), texts(page, "h4"));
    assertTrue(texts(page, "h6").contains("session inmost"));
  }
}
