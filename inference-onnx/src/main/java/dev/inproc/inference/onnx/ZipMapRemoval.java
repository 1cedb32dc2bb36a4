package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.format.FileBytes;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.format.ProtoException;
import dev.inproc.inference.onnx.format.ProtoField;
import dev.inproc.inference.onnx.format.ProtoFields;
import dev.inproc.inference.onnx.format.ProtoWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes the ZipMap operators off the end of a classifier's graph. A ZipMap turns a row of scores
 * into a map by class; without it the output is the scores themselves, under the output's old name,
 * and the classes are told apart from them. Works on the protobuf's own bytes and copies all else
 * as it is, so it needs no ONNX classes. Field numbers are as in {@code onnx.proto}.
 */
final class ZipMapRemoval {
  private static final long MAX_BYTES = 1L << 30; // arrays and protobuf end at 2 GiB
  private static final int HEAP_SHARE = 8; // it is written three times on its way
  private static final int MAX_CLASSES = 1_000_000;
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_OUTPUT = 12;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_OP_TYPE = 4;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int NODE_DOMAIN = 7;
  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_INTS = 8;
  private static final int ATTRIBUTE_STRINGS = 9;
  private static final int VALUE_NAME = 1;
  private static final int VALUE_TYPE = 2;
  private static final int FLOAT_ELEMENTS = 1;

  /** A model without maps, and the classes of each output that was one. */
  record Result(byte[] model, Map<String, List<String>> classes) {}

  private record ZipMap(String scores, String output, List<String> classes) {}

  private ZipMapRemoval() {}

  /** Returns the model without its ZipMaps; null if that cannot be done. */
  static @Nullable Result of(CheckedModel model) {
    Path path = model.path();
    byte[] bytes = model.bytes();
    if (path == null) {
      return bytes == null ? null : of(ProtoBytes.of(bytes));
    }
    try (FileBytes file = new FileBytes(path)) {
      return of(file);
    } catch (IOException | UncheckedIOException e) {
      return null; // the maps are read one by one then
    }
  }

  static @Nullable Result of(ProtoBytes model) {
    if (model.size() > Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE)) {
      return null;
    }
    try {
      return remove(model);
    } catch (ProtoException e) {
      return null;
    }
  }

  private static @Nullable Result remove(ProtoBytes model) {
    ProtoWriter rewritten = new ProtoWriter();
    Map<String, List<String>> classes = new LinkedHashMap<>();
    for (ProtoField field : ProtoFields.of(model)) {
      if (field.number() == MODEL_GRAPH) {
        rewritten.bytes(MODEL_GRAPH, removeFromGraph(field, classes));
      } else {
        rewritten.copy(field);
      }
    }
    return classes.isEmpty() ? null : new Result(rewritten.toByteArray(), classes);
  }

  private static byte[] removeFromGraph(ProtoField graph, Map<String, List<String>> classes) {
    Map<String, ZipMap> byScores = new LinkedHashMap<>();
    Map<String, ZipMap> byOutput = new LinkedHashMap<>();
    for (ProtoField field : graph.fields()) {
      ZipMap zipMap = field.number() == GRAPH_NODE ? zipMap(field) : null;
      if (zipMap != null && byScores.put(zipMap.scores, zipMap) == null) {
        byOutput.put(zipMap.output, zipMap);
      }
    }
    ProtoWriter rewritten = new ProtoWriter();
    for (ProtoField field : graph.fields()) {
      if (field.number() == GRAPH_NODE) {
        if (zipMap(field) == null) {
          rewritten.bytes(GRAPH_NODE, rename(field, byScores));
        }
      } else if (field.number() == GRAPH_OUTPUT) {
        ZipMap zipMap = byOutput.get(name(field, VALUE_NAME));
        if (zipMap == null) {
          rewritten.copy(field);
        } else {
          rewritten.bytes(GRAPH_OUTPUT, scores(zipMap));
          classes.put(zipMap.output, zipMap.classes);
        }
      } else {
        rewritten.copy(field);
      }
    }
    return rewritten.toByteArray();
  }

  private static @Nullable ZipMap zipMap(ProtoField node) {
    String input = null;
    String output = null;
    int names = 0;
    List<String> classes = new ArrayList<>();
    String type = "";
    String domain = "";
    for (ProtoField field : node.fields()) {
      switch (field.number()) {
        case NODE_INPUT -> {
          input = field.string();
          names++;
        }
        case NODE_OUTPUT -> {
          output = field.string();
          names++;
        }
        case NODE_OP_TYPE -> type = field.string();
        case NODE_DOMAIN -> domain = field.string();
        case NODE_ATTRIBUTE -> classes.addAll(classes(field));
        default -> {}
      }
    }
    boolean isOne = type.equals("ZipMap") && domain.equals("ai.onnx.ml");
    if (!isOne || input == null || output == null || names != 2 || classes.isEmpty()) {
      return null;
    }
    return new ZipMap(input, output, classes);
  }

  private static List<String> classes(ProtoField attribute) {
    String name = name(attribute, ATTRIBUTE_NAME);
    List<String> classes = new ArrayList<>();
    for (ProtoField field : attribute.fields()) {
      if (name.equals("classlabels_int64s") && field.number() == ATTRIBUTE_INTS) {
        if (field.length() > MAX_CLASSES) {
          throw new ProtoException("a ZipMap of more than " + MAX_CLASSES + " classes");
        }
        field.varints().forEach(value -> classes.add(Long.toString(value)));
      } else if (name.equals("classlabels_strings") && field.number() == ATTRIBUTE_STRINGS) {
        classes.add(field.string());
      }
      if (classes.size() > MAX_CLASSES) {
        throw new ProtoException("a ZipMap of more than " + MAX_CLASSES + " classes");
      }
    }
    return classes;
  }

  /** Gives the scores the output's name wherever they are made or used. */
  private static byte[] rename(ProtoField node, Map<String, ZipMap> byScores) {
    ProtoWriter renamed = new ProtoWriter();
    for (ProtoField field : node.fields()) {
      boolean isName = field.number() == NODE_INPUT || field.number() == NODE_OUTPUT;
      ZipMap zipMap = isName ? byScores.get(field.string()) : null;
      if (zipMap == null) {
        renamed.copy(field);
      } else {
        renamed.string(field.number(), zipMap.output);
      }
    }
    return renamed.toByteArray();
  }

  private static String name(ProtoField message, int number) {
    for (ProtoField field : message.fields()) {
      if (field.number() == number) {
        return field.string();
      }
    }
    return "";
  }

  /** A ValueInfoProto: the output as a float tensor [?, classes]. */
  private static byte[] scores(ZipMap zipMap) {
    byte[] columns = new ProtoWriter().varint(1, zipMap.classes.size()).toByteArray();
    byte[] shape = new ProtoWriter().bytes(1, new byte[0]).bytes(1, columns).toByteArray();
    byte[] tensor = new ProtoWriter().varint(1, FLOAT_ELEMENTS).bytes(2, shape).toByteArray();
    byte[] type = new ProtoWriter().bytes(1, tensor).toByteArray();
    return new ProtoWriter()
        .string(VALUE_NAME, zipMap.output)
        .bytes(VALUE_TYPE, type)
        .toByteArray();
  }
}
