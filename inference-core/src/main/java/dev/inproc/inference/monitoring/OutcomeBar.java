package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Outcome;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Calls by outcome: one stacked bar, with a legend of numbers and shares. */
final class OutcomeBar {
  private static final Set<String> COLOURED =
      Arrays.stream(Outcome.values())
          .map(outcome -> outcome.name().toLowerCase(Locale.ROOT))
          .collect(Collectors.toUnmodifiableSet());

  private OutcomeBar() {}

  /**
   * Writes the bar.
   *
   * @param label what is counted
   * @param counters counters with the tag {@code outcome}
   */
  static void write(Html html, String label, List<Figure.Counter> counters) {
    List<Figure.Counter> some = counters.stream().filter(each -> each.count() > 0).toList();
    double all = some.stream().mapToDouble(Figure.Counter::count).sum();
    long sum = some.stream().mapToLong(Figure.Counter::count).sum();
    String unit = counters.get(0).unit();
    html.open("figure").open("figcaption").element("b", label + " by outcome").text(" ");
    html.element("span", HumanNumbers.count(sum, unit)).close();
    if (!some.isEmpty()) {
      String text = some.stream().map(each -> text(each, all)).collect(Collectors.joining(", "));
      html.open("div", "class", "stack", "role", "img", "aria-label", text);
      for (Figure.Counter counter : some) {
        String grow = "flex-grow:" + share(counter, all).toPlainString();
        html.element(
            "span", "", "class", colour(counter), "style", grow, "title", text(counter, all));
      }
      html.close().open("ul", "class", "legend");
      for (Figure.Counter counter : some) {
        html.open("li").element("span", "", "class", "swatch " + colour(counter));
        html.text(text(counter, all)).close();
      }
      html.close();
    }
    html.close();
  }

  private static String name(Figure.Counter counter) {
    return counter.tags().getOrDefault("outcome", "").toLowerCase(Locale.ROOT);
  }

  private static String colour(Figure.Counter counter) {
    return COLOURED.contains(name(counter)) ? name(counter) : "other";
  }

  /** In per cent. */
  private static BigDecimal share(Figure.Counter counter, double all) {
    return BigDecimal.valueOf(100 * (counter.count() / all)).setScale(4, RoundingMode.HALF_EVEN);
  }

  private static String text(Figure.Counter counter, double all) {
    return name(counter)
        + " "
        + HumanNumbers.count(counter.count(), "")
        + " ("
        + shareText(counter, all)
        + ")";
  }

  /** To a hundredth of a per cent; neither some nor all but some become none or all. */
  private static String shareText(Figure.Counter counter, double all) {
    double share = 100 * (counter.count() / all);
    if (share < 0.01) {
      return "< 0.01 %";
    }
    return share > 99.99 && counter.count() < all
        ? "> 99.99 %"
        : HumanNumbers.number(Math.round(share * 100) / 100.0) + " %";
  }
}
