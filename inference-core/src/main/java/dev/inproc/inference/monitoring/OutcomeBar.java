package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Outcome;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Calls by outcome: one stacked bar, with a legend of numbers and shares. */
final class OutcomeBar {
  private static final Set<String> COLOURED =
      Arrays.stream(Outcome.values()).map(Outcome::label).collect(Collectors.toUnmodifiableSet());

  private OutcomeBar() {}

  /** How many calls ended so. */
  record Part(String outcome, long count) {
    private double share(double all) {
      return 100 * (count / all); // in per cent
    }

    private String colour() {
      return COLOURED.contains(outcome) ? outcome : "other";
    }

    private String text(double all) {
      return outcome + " " + HumanNumbers.count(count, "") + " (" + shareText(all) + ")";
    }

    /** To a hundredth of a per cent; neither some nor all but some become none or all. */
    private String shareText(double all) {
      double share = share(all);
      if (share < 0.01) {
        return "< 0.01 %";
      }
      return share > 99.99 && count < all
          ? "> 99.99 %"
          : HumanNumbers.number(Math.round(share * 100) / 100.0) + " %";
    }
  }

  /**
   * Writes the bar.
   *
   * @param label what is counted
   * @param unit the unit of the counts
   */
  static void write(Html html, String label, String unit, List<Part> parts) {
    List<Part> some = parts.stream().filter(each -> each.count > 0).toList();
    long sum = some.stream().mapToLong(Part::count).sum();
    html.open("figure").open("figcaption").element("b", label + " by outcome").text(" ");
    html.element("span", HumanNumbers.count(sum, unit)).close();
    if (!some.isEmpty()) {
      bar(html, some, (double) sum);
    }
    html.close();
  }

  private static void bar(Html html, List<Part> parts, double all) {
    String text = parts.stream().map(each -> each.text(all)).collect(Collectors.joining(", "));
    html.open("div", "class", "stack", "role", "img", "aria-label", text);
    for (Part part : parts) {
      BigDecimal share = BigDecimal.valueOf(part.share(all)).setScale(4, RoundingMode.HALF_EVEN);
      String style = "flex-grow:" + share.toPlainString();
      html.element("span", "", "class", part.colour(), "style", style, "title", part.text(all));
    }
    html.close().open("ul", "class", "legend");
    for (Part part : parts) {
      html.open("li").element("span", "", "class", "swatch " + part.colour());
      html.text(part.text(all)).close();
    }
    html.close();
  }
}
