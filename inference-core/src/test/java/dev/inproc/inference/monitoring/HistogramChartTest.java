package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HistogramChartTest {
  private static XmlElement page(LayerDescription predictor) throws ReflectiveOperationException {
    ProcessResources unknown =
        new ProcessResources(
            1,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
    return XmlElement.parse(StatusPage.render(List.of(predictor), unknown));
  }

  private static List<String> texts(XmlElement page, String tag) {
    return page.all(tag).stream().map(XmlElement::text).toList();
  }

  @Test
  void histogram_isDrawnWithItsPercentilesAndTellsThemInText() throws ReflectiveOperationException {
    Histogram values = StatusSample.lognormal(9, 10_000, 2_000_000, 0.5);
    XmlElement page =
        page(
            new LayerDescription(
                "session", "m", List.of(Figure.Spread.seconds("run.time", values)), List.of()));
    XmlElement svg = page.all("svg").get(0);
    long sum = 0;
    for (XmlElement bar : svg.all("rect")) {
      String title = bar.all("title").get(0).text();
      sum += Long.parseLong(title.replaceAll(".*: | values?$|,", ""));
      double top = Double.parseDouble(bar.attribute("y"));
      double base = top + Double.parseDouble(bar.attribute("height"));
      assertTrue(top >= 0 && Math.abs(base - 128) < 0.2, title);
    }
    assertEquals(10_000, sum);
    assertTrue(svg.all("rect").size() > 20 && svg.all("rect").size() <= 40);
    for (double share : new double[] {0.5, 0.95, 0.99}) {
      String label =
          "p"
              + Math.round(share * 100)
              + " "
              + HumanNumbers.of(values.quantile(share) / 1e9, "second");
      assertTrue(texts(svg, "text").contains(label), label);
      assertTrue(svg.attribute("aria-label").contains(label), label);
    }
    assertTrue(
        texts(svg, "text").containsAll(List.of("1 ms", "2 ms")), texts(svg, "text")::toString);
    assertMarksAreBetweenBars(svg, values);
  }

  /** Left of the mark of a percentile lie as many values as it says. */
  private static void assertMarksAreBetweenBars(XmlElement svg, Histogram values) {
    double[] shares = {0.5, 0.95, 0.99};
    List<XmlElement> marks =
        svg.all("line").stream().filter(e -> e.attribute("class").equals("mark")).toList();
    assertEquals(shares.length, marks.size());
    for (int i = 0; i < shares.length; i++) {
      double x = Double.parseDouble(marks.get(i).attribute("x1"));
      double left = 0;
      for (XmlElement bar : svg.all("rect")) {
        long count =
            Long.parseLong(bar.all("title").get(0).text().replaceAll(".*: | values?$|,", ""));
        double from = Double.parseDouble(bar.attribute("x"));
        double width = Double.parseDouble(bar.attribute("width")) + 0.5;
        left += count * Math.min(1, Math.max(0, (x - from) / width));
      }
      assertEquals(shares[i], left / values.count(), 0.01, "mark " + i);
    }
  }

  @Test
  void coordinates_ofOddHistograms_areInsideTheChart() throws ReflectiveOperationException {
    XmlElement page = page(StatusSample.edges());
    assertEquals(7, page.all("svg").size());
    for (XmlElement svg : page.all("svg")) {
      svg.all()
          .flatMap(each -> each.attributes().entrySet().stream())
          .filter(each -> Set.of("x", "x1", "x2", "y", "y1", "y2").contains(each.getKey()))
          .forEach(
              each -> {
                double value = Double.parseDouble(each.getValue());
                assertTrue(value >= 0 && value <= 360, each.toString());
              });
      assertTrue(texts(svg, "text").size() >= 5, texts(svg, "text")::toString); // 3 marks, 2 ticks
    }
  }
}
