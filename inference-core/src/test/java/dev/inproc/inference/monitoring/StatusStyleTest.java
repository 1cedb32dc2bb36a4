package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Contrasts by the formula of WCAG 2. */
class StatusStyleTest {
  private static final Pattern COLOUR = Pattern.compile("--([a-z]+): (#[0-9a-f]{6});");
  private static final List<String> TEXTS = List.of("text", "soft", "mark", "link");
  private static final List<String> FILLS =
      List.of(
          "accent",
          "answered",
          "invalid",
          "failed",
          "expired",
          "cancelled",
          "overloaded",
          "closed",
          "other");

  private static Map<String, Integer> colours(String css) {
    Map<String, Integer> colours = new HashMap<>();
    Matcher matcher = COLOUR.matcher(css);
    while (matcher.find()) {
      colours.put(matcher.group(1), Integer.parseInt(matcher.group(2).substring(1), 16));
    }
    return colours;
  }

  private static double luminance(int colour) {
    double[] weights = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      double part = (colour >> (16 - 8 * i) & 0xFF) / 255.0;
      sum += weights[i] * (part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
  }

  private static double contrast(int one, int two) {
    double a = luminance(one) + 0.05;
    double b = luminance(two) + 0.05;
    return Math.max(a, b) / Math.min(a, b);
  }

  @Test
  void colours_inBothSchemes_haveTheContrastsOfLevelAa() {
    assertEquals(21, contrast(0, 0xFFFFFF), 0.01);
    String[] schemes = StatusStyle.CSS.split("@media \\(prefers-color-scheme: dark\\)", -1);
    assertEquals(2, schemes.length);
    for (String scheme : schemes) {
      Map<String, Integer> colours = colours(scheme);
      assertEquals(16, colours.size());
      for (String background : List.of("page", "card")) {
        for (String text : TEXTS) {
          double contrast = contrast(colours.get(text), colours.get(background));
          assertTrue(contrast >= 4.5, text + " on " + background + ": " + contrast);
        }
      }
      for (String fill : FILLS) {
        double contrast = contrast(colours.get(fill), colours.get("card"));
        assertTrue(contrast >= 3, fill + ": " + contrast);
      }
    }
  }
}
