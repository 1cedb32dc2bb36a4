package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One graph under change, and which constants its nodes can see: its own and the ones of the graphs
 * around it. The transpose of a constant matrix is a constant.
 */
final class GraphScope {
  private static final List<Long> TURNED = List.of(1L, 0L);
  private static final List<Long> STRAIGHT = List.of(0L, 1L);

  private final @Nullable GraphScope outer;
  private final GraphProto.Builder graph;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, NodeProto> views = new HashMap<>();
  private final Set<String> others = new HashSet<>();
  private final List<GraphScope> inner = new ArrayList<>();
  private int taken;

  /** What was quantized already for nodes of this graph, by the value's name. */
  final Map<String, String> quantized = new HashMap<>();

  /**
   * A constant, and the graph that has it.
   *
   * @param turned whether it is seen through a Transpose
   */
  record Constant(GraphScope owner, TensorProto tensor, boolean turned) {
    /** Says whether two are of the same tensor. */
    boolean isSame(Constant other) {
      return owner == other.owner && tensor.getName().equals(other.tensor.getName());
    }
  }

  /** Creates one. An initializer that is an input too is no constant: a caller may set it. */
  GraphScope(@Nullable GraphScope outer, GraphProto.Builder graph) {
    this.outer = outer;
    this.graph = graph;
    for (TensorProto tensor : graph.getInitializerList()) {
      constants.put(tensor.getName(), tensor);
    }
    for (ValueInfoProto input : graph.getInputList()) {
      constants.remove(input.getName());
      others.add(input.getName());
    }
    for (NodeProto node : graph.getNodeList()) {
      TensorProto value = constantValue(node);
      if (value != null) {
        constants.put(node.getOutput(0), value.toBuilder().setName(node.getOutput(0)).build());
      } else if (isView(node)) {
        views.put(node.getOutput(0), node);
      } else {
        others.addAll(node.getOutputList());
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          inner.add(new GraphScope(this, attribute.getG().toBuilder()));
        }
        for (GraphProto each : attribute.getGraphsList()) {
          inner.add(new GraphScope(this, each.toBuilder()));
        }
      }
    }
  }

  /** Says whether a node gives its input, or a matrix transposed. */
  private static boolean isView(NodeProto node) {
    if (node.getInputCount() != 1 || node.getOutputCount() != 1) {
      return false;
    }
    return NodeProtos.is(node, "Identity")
        || (NodeProtos.is(node, "Transpose") && permutation(node) != null);
  }

  /** The axes of a Transpose of a matrix; null if it is one of something else. */
  private static @Nullable List<Long> permutation(NodeProto node) {
    AttributeProto perm = NodeProtos.find(node, "perm");
    List<Long> axes = perm == null ? TURNED : perm.getIntsList();
    return axes.equals(TURNED) || axes.equals(STRAIGHT) ? axes : null;
  }

  private static @Nullable TensorProto constantValue(NodeProto node) {
    if (NodeProtos.is(node, "Constant") && node.getOutputCount() == 1) {
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.getName().equals("value") && attribute.hasT()) {
          return attribute.getT();
        }
      }
    }
    return null;
  }

  GraphProto.Builder graph() {
    return graph;
  }

  /** Returns the graphs inside its nodes, in the order of nodes and attributes. */
  List<GraphScope> inner() {
    return inner;
  }

  /** Returns the next of the graphs inside, each once. */
  GraphScope nextInner() {
    return inner.get(taken++);
  }

  /** Says whether a node of this graph, as it was read, gives a constant or its transpose. */
  boolean isViewOfConstant(NodeProto node) {
    // A graph has one node for each value, and what is added has new names.
    return node.getOutputCount() == 1
        && views.containsKey(node.getOutput(0))
        && constant(node.getOutput(0)) != null;
  }

  /** Returns the constant of this name that a node here sees, or null if it is none. */
  @Nullable Constant constant(String name) {
    GraphScope scope = this;
    String wanted = name;
    boolean matrix = false;
    boolean turned = false;
    while (scope != null) {
      TensorProto tensor = scope.constants.get(wanted);
      if (tensor != null) {
        boolean fits = !matrix || tensor.getDimsCount() == 2;
        return fits ? new Constant(scope, tensor, turned) : null;
      }
      NodeProto view = scope.views.get(wanted);
      if (view != null) { // the graph has no cycles: GraphCheck refuses them
        if (NodeProtos.is(view, "Transpose")) {
          matrix = true;
          turned ^= TURNED.equals(permutation(view));
        }
        wanted = view.getInput(0);
      } else if (scope.others.contains(wanted)) {
        return null;
      } else {
        scope = scope.outer;
      }
    }
    return null;
  }
}
