package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts the bytes of a model's FP32 constants: in graphs, in nodes, in model-local functions. */
final class FloatWeights {
  private static final Set<String> PRODUCTS =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "Gather", "LSTM", "GRU", "RNN");

  private final ModelFile file;

  private FloatWeights(ModelFile file) {
    this.file = file;
  }

  static long bytes(ModelFile file, ModelProto model) {
    FloatWeights weights = new FloatWeights(file);
    long bytes = weights.graph(model.getGraph());
    for (FunctionProto function : model.getFunctionsList()) {
      bytes += weights.nodes(function.getNodeList());
    }
    return bytes;
  }

  private long graph(GraphProto graph) {
    long bytes = nodes(graph.getNodeList());
    for (TensorProto tensor : graph.getInitializerList()) {
      bytes += tensor(tensor);
    }
    return bytes;
  }

  private long nodes(List<NodeProto> nodes) {
    long bytes = 0;
    for (NodeProto node : nodes) {
      for (AttributeProto attribute : node.getAttributeList()) {
        bytes += attribute.hasT() ? tensor(attribute.getT()) : 0;
        bytes += attribute.hasG() ? graph(attribute.getG()) : 0;
        for (TensorProto tensor : attribute.getTensorsList()) {
          bytes += tensor(tensor);
        }
        for (GraphProto graph : attribute.getGraphsList()) {
          bytes += graph(graph);
        }
      }
    }
    return bytes;
  }

  private long tensor(TensorProto tensor) {
    boolean isFloat = tensor.getDataType() == DataType.FLOAT_VALUE;
    return isFloat ? (long) Float.BYTES * TensorProtos.elements(file, tensor) : 0;
  }

  /** Notes the products of functions, which stay as they are: their weights differ by call. */
  static void leave(ModelFile file, ModelProto model, NodeLog log) {
    for (FunctionProto function : model.getFunctionsList()) {
      Map<String, Long> constants = new HashMap<>();
      Set<String> inputs = new HashSet<>(function.getInputList());
      FloatWeights weights = new FloatWeights(file);
      for (NodeProto node : function.getNodeList()) {
        if (NodeProtos.is(node, "Constant") && node.getOutputCount() == 1) {
          constants.put(node.getOutput(0), weights.nodes(List.of(node)));
        } else if (PRODUCTS.contains(node.getOpType())) {
          long bytes = 0;
          boolean given = false;
          for (String input : node.getInputList()) {
            bytes += constants.getOrDefault(input, 0L);
            given |= inputs.contains(input);
          }
          if (bytes > 0 || given) {
            log.left(
                node,
                "it is in the model-local function "
                    + function.getName()
                    + ", and functions are not quantized",
                bytes);
          }
        }
      }
    }
  }
}
