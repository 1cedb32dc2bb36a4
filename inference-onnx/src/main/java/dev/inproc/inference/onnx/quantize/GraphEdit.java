package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Adds nodes and constants to the graphs of one model, under names that are still free. */
final class GraphEdit {
  private final GraphScope root;
  private final TensorSink sink;
  private final long opset;
  private final Set<String> names = new HashSet<>();
  private final Set<String> shared = new HashSet<>();
  private long floatBytes;

  GraphEdit(GraphScope root, TensorSink sink, long opset) {
    this.root = root;
    this.sink = sink;
    this.opset = opset;
    GraphNames.collect(root.graph().build(), names);
  }

  /** Returns a name that nothing in the model has yet. */
  String fresh(String base) {
    String name = base;
    for (int i = 2; !names.add(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }

  /** Adds a node with one output, under a new name, which is returned. */
  String add(
      GraphScope scope,
      String domain,
      String operator,
      List<String> inputs,
      String output,
      AttributeProto... attributes) {
    String name = fresh(output);
    addAs(scope, domain, operator, inputs, List.of(name), attributes);
    return name;
  }

  /** Adds a node whose outputs have these names. */
  void addAs(
      GraphScope scope,
      String domain,
      String operator,
      List<String> inputs,
      List<String> outputs,
      AttributeProto... attributes) {
    NodeProto node = NodeProtos.node(domain, operator, inputs, outputs, attributes);
    scope.graph().addNode(node.toBuilder().setName(fresh(node.getName())));
  }

  /** Adds a constant to a graph, under a new name, which is returned. */
  String constant(GraphScope owner, String base, int type, List<Long> dims, byte[] data)
      throws IOException {
    String name = fresh(base);
    owner.graph().addInitializer(sink.store(name, type, dims, data));
    count(type, data);
    return name;
  }

  /** Returns an FP32 scalar that all share. */
  String scalar(float value) throws IOException {
    return shared("inproc/" + value, DataType.FLOAT_VALUE, List.of(), TensorProtos.bytes(value));
  }

  /** Returns an unsigned byte that all share. */
  String zeroPoint(int value) throws IOException {
    return shared(
        "inproc/zero_" + value, DataType.UINT8_VALUE, List.of(), new byte[] {(byte) value});
  }

  /** Returns a list of integers that all share. */
  String integers(Long... values) throws IOException {
    List<Long> list = List.of(values);
    return shared(
        "inproc/" + list,
        DataType.INT64_VALUE,
        List.of((long) list.size()),
        TensorProtos.bytes(list));
  }

  // Outermost, where every subgraph sees it.
  private String shared(String name, int type, List<Long> dims, byte[] data) throws IOException {
    if (shared.add(name)) {
      names.add(name);
      root.graph().addInitializer(sink.store(name, type, dims, data));
      count(type, data);
    }
    return name;
  }

  private void count(int type, byte[] data) {
    floatBytes += type == DataType.FLOAT_VALUE ? data.length : 0;
  }

  /** The bytes of the FP32 constants that were added: scales, and what is no weight. */
  long floatBytes() {
    return floatBytes;
  }

  /** Adds a reduction over the last axis that keeps it. */
  String reduceLast(GraphScope scope, String operator, String input, String output)
      throws IOException {
    return reduce(scope, operator, input, output, -1, 1);
  }

  /** Adds a reduction over the first axis that drops it. */
  String reduceFirst(GraphScope scope, String operator, String input, String output)
      throws IOException {
    return reduce(scope, operator, input, output, 0, 0);
  }

  private String reduce(
      GraphScope scope, String operator, String input, String output, long axis, int keepDims)
      throws IOException {
    AttributeProto keep = NodeProtos.integer("keepdims", keepDims);
    boolean axesAreAnInput = opset >= 18;
    return axesAreAnInput
        ? add(scope, "", operator, List.of(input, integers(axis)), output, keep)
        : add(scope, "", operator, List.of(input), output, keep, NodeProtos.integers("axes", axis));
  }

  /** A vector of this byte, as long as another vector. */
  String repeated(GraphScope scope, int value, String likeVector, String output) {
    String length = add(scope, "", "Shape", List.of(likeVector), output + "/length");
    return add(
        scope,
        "",
        "ConstantOfShape",
        List.of(length),
        output,
        NodeProtos.tensor(
            "value",
            ai.onnx.proto.OnnxMl.TensorProto.newBuilder()
                .setDataType(DataType.UINT8_VALUE)
                .addDims(1)
                .setRawData(ByteString.copyFrom(new byte[] {(byte) value}))
                .build()));
  }
}
