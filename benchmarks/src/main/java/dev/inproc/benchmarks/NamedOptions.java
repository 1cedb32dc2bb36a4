package dev.inproc.benchmarks;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of a tool: {@code --name value}, or {@code --name} alone for a flag. */
final class NamedOptions {
  private final Map<String, String> values = new HashMap<>();

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException naming the option that is unknown, twice or without its value
   */
  NamedOptions(Set<String> names, Set<String> flags, String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      boolean isFlag = flags.contains(name);
      if (!isFlag && !names.contains(name)) {
        throw new IllegalArgumentException("Unknown option " + arguments[i]);
      }
      if (!isFlag && ++i == arguments.length) {
        throw new IllegalArgumentException("--" + name + " needs a value");
      }
      if (values.put(name, isFlag ? "true" : arguments[i]) != null) {
        throw new IllegalArgumentException("--" + name + " is given twice");
      }
    }
  }

  boolean has(String flag) {
    return values.containsKey(flag);
  }

  String text(String name, @Nullable String otherwise) {
    String value = values.getOrDefault(name, otherwise == null ? "" : otherwise);
    if (value.isEmpty()) {
      throw new IllegalArgumentException("--" + name + " is missing");
    }
    return value;
  }

  String oneOf(String name, List<String> allowed) {
    String value = text(name, allowed.get(0));
    if (!allowed.contains(value)) {
      throw new IllegalArgumentException(
          "--" + name + " must be one of " + allowed + ", got \"" + value + "\"");
    }
    return value;
  }

  double number(String name, @Nullable String otherwise, double least, double most) {
    String value = text(name, otherwise);
    double number;
    try {
      number = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      number = Double.NaN;
    }
    if (!(number >= least && number <= most)) {
      throw new IllegalArgumentException(
          "--"
              + name
              + " must be a number from "
              + least
              + " to "
              + most
              + ", got \""
              + value
              + "\"");
    }
    return number;
  }

  int integer(String name, @Nullable String otherwise, int most) {
    String value = text(name, otherwise);
    int number;
    try {
      number = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      number = 0;
    }
    if (number < 1 || number > most) {
      throw new IllegalArgumentException(
          "--" + name + " must be a whole number from 1 to " + most + ", got \"" + value + "\"");
    }
    return number;
  }

  long seed() {
    String value = text("seed", "0");
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--seed must be a whole number, got \"" + value + "\"", e);
    }
  }
}
