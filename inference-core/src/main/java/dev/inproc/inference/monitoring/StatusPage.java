package dev.inproc.inference.monitoring;

import dev.inproc.inference.events.RecentEvents;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Figures of predictors as one HTML file for a person. The file holds its styles and charts, has no
 * script, and loads nothing. It follows the browser's light or dark scheme and fits narrow screens.
 *
 * <p>For each predictor the page shows its {@link Health}, the percentiles of its calls and the
 * answers a second, where a layer has them; for each layer the counters, gauges and facts, the
 * calls by outcome, and a histogram of each {@link dev.inproc.inference.metrics.Figure.Spread
 * Spread} on a logarithmic axis. The latest events follow, if they are given.
 *
 * <p>Names and texts are escaped: no name becomes markup. The file is ASCII, so it can be written
 * in any usual character set. Equal arguments give equal files. A megabyte is a million bytes.
 *
 * <p>The page names models, layers and versions: serve it to operators alone.
 */
public final class StatusPage {
  private static final String TITLE = "Inproc status";

  /** No script runs and nothing is loaded, even if a browser found some in the page. */
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

  private StatusPage() {}

  /**
   * Returns the page without a time.
   *
   * @param predictors what each predictor is and counts
   * @param resources what the process uses
   */
  public static String render(List<LayerDescription> predictors, ProcessResources resources) {
    return page(predictors, resources, null, null);
  }

  /**
   * Returns the page with the time of its figures.
   *
   * @param predictors what each predictor is and counts
   * @param resources what the process uses
   * @param time when the figures were taken; the page tells it to the second, in UTC
   */
  public static String render(
      List<LayerDescription> predictors, ProcessResources resources, Instant time) {
    return page(predictors, resources, Objects.requireNonNull(time, "time"), null);
  }

  /**
   * Returns the page with the time of its figures, and with events.
   *
   * @param predictors what each predictor is and counts
   * @param resources what the process uses
   * @param time when the figures were taken; the page tells it to the second, in UTC
   * @param events what {@link RecentEvents#latest} returns; the page keeps their order
   */
  public static String render(
      List<LayerDescription> predictors,
      ProcessResources resources,
      Instant time,
      List<RecentEvents.Entry> events) {
    return page(predictors, resources, Objects.requireNonNull(time, "time"), List.copyOf(events));
  }

  private static String page(
      List<LayerDescription> predictors,
      ProcessResources resources,
      @Nullable Instant time,
      @Nullable List<RecentEvents.Entry> events) {
    Objects.requireNonNull(resources, "resources");
    Html html = new Html();
    html.open("html", "lang", "en");
    head(html);
    html.open("body").open("header").element("h1", TITLE);
    if (time != null) {
      time(html, time.truncatedTo(ChronoUnit.SECONDS).toString());
    }
    html.element("p", resources(resources), "class", "resources").close();
    html.open("main");
    if (predictors.isEmpty()) {
      html.element("p", "No predictors.", "class", "empty");
    }
    if (predictors.size() > 1) {
      summary(html, predictors);
    }
    for (int i = 0; i < predictors.size(); i++) {
      predictor(html, predictors.get(i), id(i));
    }
    if (events != null) {
      EventSection.write(html, events);
    }
    return html.close().close().close().toString();
  }

  private static void head(Html html) {
    html.open("head")
        .empty("meta", "charset", "utf-8")
        .empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY)
        .empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
        .element("title", TITLE)
        .empty("link", "rel", "icon", "href", "data:,") // else browsers ask the server for one
        .open("style")
        .raw(StatusStyle.CSS)
        .close()
        .close();
  }

  private static void time(Html html, String iso) {
    html.open("p").element("time", HumanNumbers.time(iso), "datetime", iso).close();
  }

  private static String resources(ProcessResources resources) {
    List<String> parts = new ArrayList<>();
    parts.add(HumanNumbers.count(resources.processors(), "processor"));
    resources
        .cpuNanos()
        .ifPresent(nanos -> parts.add(HumanNumbers.of(nanos / 1e9, "second") + " of CPU time"));
    resources.residentBytes().ifPresent(bytes -> parts.add(bytes(bytes) + " resident"));
    OptionalLong limit = resources.groupMemoryLimitBytes();
    resources
        .groupMemoryBytes()
        .ifPresent(bytes -> parts.add("control group " + bytes(bytes) + limit(bytes, limit)));
    return String.join(" \u00b7 ", parts);
  }

  private static String limit(long used, OptionalLong limit) {
    if (limit.isEmpty()) {
      return ", no limit";
    }
    long most = limit.getAsLong();
    String share = most <= 0 ? "" : " (" + HumanNumbers.of((double) used / most, "ratio") + ")";
    return " of " + bytes(most) + share;
  }

  private static String bytes(long bytes) {
    return HumanNumbers.of((double) bytes, "byte");
  }

  // ---- predictors ----

  private static String id(int index) {
    return "predictor-" + (index + 1);
  }

  private static void summary(Html html, List<LayerDescription> predictors) {
    html.open("section", "class", "card").element("h2", "Predictors");
    html.open("div", "class", "scroll", "tabindex", "0", "role", "group", "aria-label", "All");
    html.open("table", "class", "summary");
    html.open("thead").open("tr");
    for (String column : List.of("Predictor", "Health", "p50", "p95", "p99", "A second")) {
      html.element("th", column, "scope", "col");
    }
    html.close().close().open("tbody");
    for (int i = 0; i < predictors.size(); i++) {
      Headline headline = Headline.of(predictors.get(i));
      html.open("tr").open("th", "scope", "row");
      html.element("a", predictors.get(i).name(), "href", "#" + id(i)).close();
      html.element("td", word(Health.of(predictors.get(i)).status()));
      for (String cell : headline.cells()) {
        html.element("td", cell);
      }
      html.close();
    }
    html.close().close().close().close();
  }

  private static String word(Health.Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  private static void health(Html html, Health health) {
    String word = word(health.status());
    html.open("p", "class", "health").element("span", "", "class", "swatch " + word);
    html.element("b", word);
    if (!health.reasons().isEmpty()) {
      html.text(": " + String.join("; ", health.reasons()));
    }
    html.close();
  }

  private static void predictor(Html html, LayerDescription predictor, String id) {
    html.open("section", "class", "card", "id", id).element("h2", predictor.name());
    health(html, Health.of(predictor));
    List<Headline.Item> items = Headline.of(predictor).items();
    if (!items.isEmpty()) {
      html.open("dl", "class", "headline");
      for (Headline.Item item : items) {
        html.open("div").element("dt", item.label()).element("dd", item.value()).close();
      }
      html.close();
    }
    LayerSection.write(html, predictor, 3);
    html.close();
  }
}
