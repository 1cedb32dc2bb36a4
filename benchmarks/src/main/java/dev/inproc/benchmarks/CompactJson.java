package dev.inproc.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * The small form of what JMH and the suite write, which is what the repository keeps: without
 * samples and histograms, four significant digits, a measurement a line. Scores, their errors,
 * medians, percentiles and ranges stay.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.CompactJson IN.json OUT.json
 * }</pre>
 */
public final class CompactJson {
  /** Samples and histograms, what else follows from the rest, and digits that no one reads. */
  private static final Set<String> DROPPED =
      Set.of(
          "rawData",
          "rawDataHistogram",
          "hdr",
          "jmhVersion",
          "vmName",
          "vmVersion",
          "warmupBatchSize",
          "measurementBatchSize",
          "scoreConfidence",
          "75.0",
          "99.99",
          "99.999",
          "99.9999",
          "p75.0",
          "p90.0",
          "p99.99",
          "meanMicros",
          "offered");

  private static final MathContext DIGITS = new MathContext(4);

  private CompactJson() {}

  /** Arguments: the file to read and the file to write; they may be the same. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("usage: CompactJson <in.json> <out.json>");
      System.exit(64);
    }
    JsonElement json = JsonParser.parseString(Files.readString(Path.of(arguments[0])));
    Files.writeString(Path.of(arguments[1]), of(json));
  }

  /** The small form of a file. */
  public static String of(JsonElement json) {
    StringBuilder text = new StringBuilder();
    write(compact(json), text, 2);
    return text.append('\n').toString();
  }

  private static JsonElement compact(JsonElement json) {
    if (json instanceof JsonArray array) {
      JsonArray kept = new JsonArray();
      array.forEach(each -> kept.add(compact(each)));
      return kept;
    }
    if (json instanceof JsonObject object) {
      JsonObject kept = new JsonObject();
      for (Map.Entry<String, JsonElement> each : object.entrySet()) {
        JsonElement value = compact(each.getValue());
        boolean isEmpty = value instanceof JsonObject inner && inner.isEmpty();
        if (!DROPPED.contains(each.getKey()) && !isEmpty && !isPercentileAgain(each)) {
          kept.add(each.getKey(), value);
        }
      }
      return kept;
    }
    if (json instanceof JsonPrimitive value && value.isNumber()) {
      BigDecimal number = value.getAsBigDecimal();
      boolean isWhole = number.stripTrailingZeros().scale() <= 0;
      BigDecimal kept = (isWhole ? number : number.round(DIGITS)).stripTrailingZeros();
      return new JsonPrimitive(new BigDecimal(kept.toPlainString()));
    }
    return json;
  }

  /** JMH gives the percentiles of sampled times a second time, each as a metric of its own. */
  private static boolean isPercentileAgain(Map.Entry<String, JsonElement> each) {
    return each.getKey().matches("p\\d\\.\\d+") && each.getValue() instanceof JsonObject;
  }

  /** Elements of the outermost array are a line each. */
  private static void write(JsonElement json, StringBuilder text, int depth) {
    if (depth > 0 && json instanceof JsonArray array) {
      String separator = "[\n";
      for (JsonElement each : array) {
        text.append(separator);
        write(each, text, 0);
        separator = ",\n";
      }
      text.append(array.isEmpty() ? "[]" : "\n]");
    } else if (depth > 0 && json instanceof JsonObject object) {
      String separator = "{";
      for (Map.Entry<String, JsonElement> each : object.entrySet()) {
        text.append(separator).append(new JsonPrimitive(each.getKey())).append(':');
        write(each.getValue(), text, depth - 1);
        separator = ",\n";
      }
      text.append(object.isEmpty() ? "{}" : "}");
    } else {
      text.append(json);
    }
  }
}
