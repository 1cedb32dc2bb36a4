package dev.inproc.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;

/** One line of JSON, for programs that read the last line of a command. */
final class JsonLine {
  private final JsonObject object = new JsonObject();

  JsonLine put(String key, String value) {
    object.addProperty(key, value);
    return this;
  }

  /** JSON has no NaN and no infinity: those are null. */
  JsonLine put(String key, double value) {
    object.addProperty(key, Double.isFinite(value) ? value : null);
    return this;
  }

  JsonLine put(String key, long value) {
    object.addProperty(key, value);
    return this;
  }

  JsonLine put(String key, boolean value) {
    object.addProperty(key, value);
    return this;
  }

  JsonLine put(String key, List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    object.add(key, array);
    return this;
  }

  @Override
  public String toString() {
    return object.toString();
  }
}
