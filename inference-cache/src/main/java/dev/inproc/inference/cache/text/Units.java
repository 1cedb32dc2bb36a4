package dev.inproc.inference.cache.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Units of quantities, under one name for each. */
final class Units {
  /** The first word of a line is the name of all. */
  private static final List<String> NAMES =
      List.of(
          "km kilometer kilometre kilometers kilometres kms",
          "m meter metre meters metres",
          "cm centimeter centimetre centimeters centimetres",
          "mm millimeter millimetre millimeters millimetres",
          "mile miles mi",
          "foot feet ft",
          "inch inches",
          "yard yards yd",
          "kg kilogram kilograms kilo kilos kgs",
          "g gram grams",
          "mg milligram milligrams",
          "pound pounds lb lbs £ gbp",
          "ounce ounces oz",
          "ton tons tonne tonnes",
          "l liter litre liters litres",
          "ml milliliter millilitre milliliters millilitres",
          "gallon gallons gal",
          "s sec secs second seconds",
          "ms millisecond milliseconds",
          "min mins minute minutes",
          "h hr hrs hour hours",
          "day days",
          "week weeks",
          "month months",
          "year years yr yrs",
          "dollar dollars $ usd",
          "euro euros € eur",
          "yen ¥ jpy",
          "rupee rupees inr rs",
          "cent cents",
          "% percent pct",
          "° degree degrees",
          "c °c celsius",
          "f °f fahrenheit",
          "kb kilobyte kilobytes",
          "mb megabyte megabytes",
          "gb gigabyte gigabytes",
          "tb terabyte terabytes",
          "hz hertz",
          "khz kilohertz",
          "mhz megahertz",
          "ghz gigahertz",
          "w watt watts",
          "kw kilowatt kilowatts",
          "v volt volts",
          "am a.m",
          "pm p.m",
          "mph",
          "kmh km/h kph",
          "k",
          "bn",
          "x times");

  private static final Map<String, String> BY_WORD = new HashMap<>();

  static {
    for (String line : NAMES) {
      String[] words = line.split(" ", -1);
      for (String word : words) {
        BY_WORD.put(word, words[0]);
      }
    }
  }

  private Units() {}

  static @Nullable String of(String lower) {
    return BY_WORD.get(lower);
  }
}
