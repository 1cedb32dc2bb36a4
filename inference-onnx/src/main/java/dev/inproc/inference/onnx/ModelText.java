package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoField;
import dev.inproc.inference.onnx.format.ProtoFields;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What a model file says of itself, read here since the Java binding cuts some characters. */
final class ModelText {
  private static final int MOST_BYTES = 1 << 20; // of one text

  private ModelText() {}

  static Map<String, String> metadata(ProtoBytes model) {
    Map<String, String> own = new TreeMap<>();
    Map<String, String> custom = new TreeMap<>();
    for (ProtoField field : ProtoFields.of(model)) {
      switch (field.number()) {
        case 2 -> put(own, "producer", field);
        case 4 -> put(own, "domain", field);
        case 5 -> own.put("version", Long.toString(field.varint()));
        case 6 -> put(own, "description", field);
        case 7 -> graphName(own, field);
        case 14 -> entry(custom, field);
        default -> {}
      }
    }
    if (Long.toString(Long.MAX_VALUE).equals(own.get("version"))) {
      own.remove("version");
    }
    own.values().removeIf(String::isEmpty);
    own.forEach(custom::putIfAbsent);
    return Collections.unmodifiableMap(custom);
  }

  private static void graphName(Map<String, String> all, ProtoField graph) {
    for (ProtoField field : graph.fields()) {
      if (field.number() == 2) {
        put(all, "graph", field);
      }
    }
  }

  private static void entry(Map<String, String> all, ProtoField entry) {
    String key = "";
    String value = "";
    for (ProtoField field : entry.fields()) {
      if (field.number() == 1) {
        key = text(field);
      } else if (field.number() == 2) {
        value = text(field);
      }
    }
    all.put(key, value);
  }

  private static void put(Map<String, String> all, String key, ProtoField field) {
    all.put(key, text(field));
  }

  /** Lenient: what does not matter to a run must not keep a model from loading. */
  private static String text(ProtoField field) {
    if (field.wireType() != 2) {
      return "";
    }
    byte[] bytes = new byte[(int) Math.min(MOST_BYTES, field.length())];
    field.source().copy(field.payload(), bytes, 0, bytes.length);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
