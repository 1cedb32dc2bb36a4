package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Refuses graphs in which a value has two origins, or none, or is computed from itself. The order
 * of nodes is not looked at: ONNX Runtime sorts them.
 */
final class GraphCheck {
  private final ModelFile file;

  private GraphCheck(ModelFile file) {
    this.file = file;
  }

  static void check(ModelFile file) {
    new GraphCheck(file).check(file.model().getGraph(), Set.of());
  }

  private void check(GraphProto graph, Set<String> outer) {
    Set<String> known = new HashSet<>(outer);
    Set<String> given = new HashSet<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      once(given.add(tensor.getName()), tensor.getName());
    }
    graph.getSparseInitializerList().forEach(sparse -> given.add(sparse.getValues().getName()));
    Set<String> inputs = new HashSet<>();
    for (ValueInfoProto input : graph.getInputList()) {
      once(inputs.add(input.getName()), input.getName());
    }
    given.addAll(inputs); // an initializer may be an input too
    Map<String, Integer> producers = new HashMap<>();
    List<NodeProto> nodes = graph.getNodeList();
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).getOutputList()) {
        if (!output.isEmpty()) {
          once(producers.put(output, i) == null && !given.contains(output), output);
        }
      }
    }
    known.addAll(given);
    known.addAll(producers.keySet());
    graph.getOutputList().forEach(output -> exists(known, output.getName(), "the graph's outputs"));
    sorted(nodes, producers, known);
    for (NodeProto node : nodes) {
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          check(attribute.getG(), known);
        }
        attribute.getGraphsList().forEach(inner -> check(inner, known));
      }
    }
  }

  /** Takes away nodes whose inputs are there, until none is left (Kahn 1962). */
  private void sorted(List<NodeProto> nodes, Map<String, Integer> producers, Set<String> known) {
    int[] waiting = new int[nodes.size()];
    Map<Integer, List<Integer>> readers = new HashMap<>();
    Deque<Integer> ready = new ArrayDeque<>();
    for (int i = 0; i < waiting.length; i++) {
      for (String input : read(nodes.get(i))) {
        exists(known, input, "node \"" + NodeProtos.name(nodes.get(i)) + "\"");
        Integer producer = producers.get(input);
        if (producer != null) {
          waiting[i]++;
          readers.computeIfAbsent(producer, any -> new ArrayList<>()).add(i);
        }
      }
      if (waiting[i] == 0) {
        ready.add(i);
      }
    }
    int done = 0;
    for (Integer node = ready.poll(); node != null; node = ready.poll()) {
      done++;
      for (int reader : readers.getOrDefault(node, List.of())) {
        if (--waiting[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (done < waiting.length) {
      for (int i = 0; i < waiting.length; i++) {
        if (waiting[i] > 0) {
          throw file.failure(
              "node \"" + NodeProtos.name(nodes.get(i)) + "\" waits for itself: a cycle");
        }
      }
    }
  }

  /** What a node reads, also in the graphs inside it. */
  private static Set<String> read(NodeProto node) {
    Set<String> names = new HashSet<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        names.addAll(free(attribute.getG()));
      }
      attribute.getGraphsList().forEach(inner -> names.addAll(free(inner)));
    }
    names.addAll(node.getInputList());
    names.remove("");
    return names;
  }

  private static Set<String> free(GraphProto graph) {
    Set<String> names = new HashSet<>();
    graph.getOutputList().forEach(output -> names.add(output.getName()));
    graph.getNodeList().forEach(node -> names.addAll(read(node)));
    graph.getInitializerList().forEach(tensor -> names.remove(tensor.getName()));
    graph.getSparseInitializerList().forEach(each -> names.remove(each.getValues().getName()));
    graph.getInputList().forEach(input -> names.remove(input.getName()));
    graph.getNodeList().forEach(node -> node.getOutputList().forEach(names::remove));
    return names;
  }

  private void once(boolean isFirst, String name) {
    if (!isFirst) {
      throw file.failure("the name \"" + name + "\" stands for two values of one graph");
    }
  }

  private void exists(Set<String> known, String name, String reader) {
    if (!known.contains(name)) {
      throw file.failure("\"" + name + "\", read by " + reader + ", is computed by nothing");
    }
  }
}
