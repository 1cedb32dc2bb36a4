package dev.inproc.benchmarks.suite;

import com.google.gson.JsonObject;
import dev.inproc.benchmarks.load.LoadResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;

/**
 * One measurement.
 *
 * @param section of the report: {@code callers}, {@code window}, {@code curve}, {@code cost} ...
 * @param lineup the model
 * @param contender who served
 * @param load callers, requests under way, requests a second or rows, as the section has it
 * @param fork which JVM
 * @param round which round in it
 * @param value the figure: answers a second, or microseconds
 * @param details the rest
 */
record Cell(
    String section,
    String lineup,
    String contender,
    double load,
    int fork,
    int round,
    double value,
    JsonObject details) {

  /** The percentiles that are kept apart; the whole histogram is kept too. */
  static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.9, 99.99, 100};

  static JsonObject details(LoadResult result, Duration deadline, double others) {
    JsonObject details = new JsonObject();
    for (double percentile : PERCENTILES) {
      details.addProperty("p" + percentile, result.micros(percentile));
    }
    details.addProperty("meanMicros", result.latencies().getMean() / 1e3);
    details.addProperty("offered", result.offered());
    details.addProperty("answered", result.answered());
    details.addProperty("failed", result.failed() / result.seconds());
    details.addProperty("goodput", result.goodput(deadline));
    details.addProperty("deadlineMillis", deadline.toMillis());
    details.addProperty("latenessP99Micros", result.lateness().getValueAtPercentile(99) / 1e3);
    details.addProperty("others", others);
    ByteBuffer encoded = ByteBuffer.allocate(result.latencies().getNeededByteBufferCapacity());
    int length = result.latencies().encodeIntoCompressedByteBuffer(encoded);
    byte[] bytes = Arrays.copyOf(encoded.array(), length);
    details.addProperty("hdr", Base64.getEncoder().encodeToString(bytes));
    return details;
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("section", section);
    json.addProperty("lineup", lineup);
    json.addProperty("contender", contender);
    json.addProperty("load", load);
    json.addProperty("fork", fork);
    json.addProperty("round", round);
    json.addProperty("value", value);
    json.add("details", details);
    return json;
  }

  static Cell of(JsonObject json) {
    return new Cell(
        json.get("section").getAsString(),
        json.get("lineup").getAsString(),
        json.get("contender").getAsString(),
        json.get("load").getAsDouble(),
        json.get("fork").getAsInt(),
        json.get("round").getAsInt(),
        json.get("value").getAsDouble(),
        json.has("details") ? json.getAsJsonObject("details") : new JsonObject());
  }

  double detail(String name) {
    return details.get(name).getAsDouble();
  }
}
