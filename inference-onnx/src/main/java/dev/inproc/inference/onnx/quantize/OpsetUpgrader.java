package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.UnsafeByteOperations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The versions of operator sets, and raising that of the default one to 11, which dynamic
 * quantization needs. Most operators mean the same in 7 and in 11; operators whose attributes
 * became inputs are rewritten (Slice, TopK, Clip, Pad), Scatter is renamed, and the few that need
 * more are refused. Nothing is raised beyond what is needed: what is newer is reached by ONNX
 * Runtime's own operators, whose set has versions of its own.
 */
final class OpsetUpgrader {
  private static final long OLDEST = 7;
  private static final long NEWEST = 26; // whose operators are known to mean what is written here
  private static final long DYNAMIC_QUANTIZATION = 11;
  private static final Set<String> REFUSED = Set.of("Upsample", "Resize", "Scan");

  private final ModelFile file;
  private final long from;
  private final Set<String> names = new HashSet<>();

  private OpsetUpgrader(ModelFile file, long from) {
    this.file = file;
    this.from = from;
  }

  /** Returns the version of the default set, raised as far as the scheme needs. */
  static long raise(ModelFile file, ModelProto.Builder model, Scheme scheme) {
    long version = version(model);
    if (version < OLDEST || version > NEWEST) {
      throw file.failure(
          "its opset is " + version + "; the quantizer takes " + OLDEST + " to " + NEWEST);
    }
    boolean blockwise = scheme == Scheme.BLOCKWISE_INT8 || scheme == Scheme.BLOCKWISE_INT4;
    if (blockwise || version >= DYNAMIC_QUANTIZATION) {
      return version;
    }
    OpsetUpgrader opsets = new OpsetUpgrader(file, version);
    GraphNames.collect(model.getGraph(), opsets.names);
    opsets.raise(model.getGraphBuilder());
    require(model, "", DYNAMIC_QUANTIZATION);
    return DYNAMIC_QUANTIZATION;
  }

  private static long version(ModelProto.Builder model) {
    return model.getOpsetImportList().stream()
        .filter(set -> isDefault(set.getDomain()))
        .mapToLong(OperatorSetIdProto::getVersion)
        .max()
        .orElse(1);
  }

  private static boolean isDefault(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  /** Makes the model import at least this version. */
  static void require(ModelProto.Builder model, String domain, long version) {
    for (int i = 0; i < model.getOpsetImportCount(); i++) {
      String known = model.getOpsetImport(i).getDomain();
      if (known.equals(domain) || (domain.isEmpty() && isDefault(known))) {
        if (model.getOpsetImport(i).getVersion() < version) {
          model.getOpsetImportBuilder(i).setVersion(version);
        }
        return;
      }
    }
    model.addOpsetImport(opset(domain, version));
  }

  static OperatorSetIdProto opset(String domain, long version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
  }

  private void raise(GraphProto.Builder graph) {
    List<NodeProto> nodes = List.copyOf(graph.getNodeList());
    graph.clearNode();
    for (NodeProto node : nodes) {
      NodeProto.Builder copy = node.toBuilder();
      for (AttributeProto.Builder attribute : copy.getAttributeBuilderList()) {
        if (attribute.hasG()) {
          raise(attribute.getGBuilder());
        }
        attribute.getGraphsBuilderList().forEach(this::raise);
      }
      if (isDefault(node.getDomain())) {
        raise(graph, copy);
      }
      graph.addNode(copy);
    }
  }

  private void raise(GraphProto.Builder graph, NodeProto.Builder node) {
    String operator = node.getOpType();
    if (REFUSED.contains(operator)) {
      throw file.failure(
          operator
              + " \""
              + NodeProtos.name(node.build())
              + "\" of opset "
              + from
              + " means something else in opset 11, which the scheme needs; export the model"
              + " with opset 11 or newer");
    }
    switch (operator) {
      case "BatchNormalization" -> {
        if (NodeProtos.integer(node.build(), "spatial", 1) != 1) {
          throw file.failure("BatchNormalization that is not spatial has no like in opset 11");
        }
        without(node, "spatial");
      }
      case "Scatter" -> node.setOpType("ScatterElements");
      case "Slice" -> {
        if (from < 10) {
          long[] starts = integers(node, "starts");
          long[] axes = integers(node, "axes");
          integers(graph, node, "starts", starts);
          integers(graph, node, "ends", integers(node, "ends"));
          if (axes.length > 0) {
            integers(graph, node, "axes", axes);
          }
          without(node, "starts", "ends", "axes");
        }
      }
      case "TopK" -> {
        if (from < 10) {
          integers(graph, node, "k", NodeProtos.integer(node.build(), "k", 0));
          without(node, "k");
        }
      }
      case "Clip" -> {
        NodeProto clip = node.build();
        number(graph, node, "min", NodeProtos.number(clip, "min", -Float.MAX_VALUE));
        number(graph, node, "max", NodeProtos.number(clip, "max", Float.MAX_VALUE));
        without(node, "min", "max");
      }
      case "Pad" -> {
        NodeProto pad = node.build();
        integers(graph, node, "pads", integers(node, "pads"));
        number(graph, node, "value", NodeProtos.number(pad, "value", 0));
        without(node, "pads", "value");
      }
      default -> {}
    }
  }

  private static long[] integers(NodeProto.Builder node, String name) {
    AttributeProto attribute = NodeProtos.find(node.build(), name);
    return attribute == null
        ? new long[0]
        : attribute.getIntsList().stream().mapToLong(Long::longValue).toArray();
  }

  private static void without(NodeProto.Builder node, String... dropped) {
    List<AttributeProto> kept = new ArrayList<>(node.getAttributeList());
    kept.removeIf(attribute -> Set.of(dropped).contains(attribute.getName()));
    node.clearAttribute().addAllAttribute(kept);
  }

  private void integers(
      GraphProto.Builder graph, NodeProto.Builder node, String name, long... values) {
    List<Long> list = java.util.Arrays.stream(values).boxed().toList();
    input(
        graph,
        node,
        TensorProto.newBuilder()
            .setName(fresh(node, name))
            .setDataType(DataType.INT64_VALUE)
            .addDims(values.length)
            .setRawData(UnsafeByteOperations.unsafeWrap(TensorProtos.bytes(list))));
  }

  private void number(GraphProto.Builder graph, NodeProto.Builder node, String name, float value) {
    input(
        graph,
        node,
        TensorProto.newBuilder()
            .setName(fresh(node, name))
            .setDataType(DataType.FLOAT_VALUE)
            .setRawData(UnsafeByteOperations.unsafeWrap(TensorProtos.bytes(value))));
  }

  private static void input(
      GraphProto.Builder graph, NodeProto.Builder node, TensorProto.Builder tensor) {
    graph.addInitializer(tensor);
    node.addInput(tensor.getName());
  }

  private String fresh(NodeProto.Builder node, String what) {
    String name = node.getOutput(0) + "/" + what;
    for (int i = 2; !names.add(name); i++) {
      name = node.getOutput(0) + "/" + what + "_" + i;
    }
    return name;
  }
}
