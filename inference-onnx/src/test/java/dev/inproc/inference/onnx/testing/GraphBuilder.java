package dev.inproc.inference.onnx.testing;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes one ONNX model.
 *
 * <p>A shape is text such as {@code "batch,16,?"}: a number is a fixed dimension, a name a symbolic
 * one, {@code ?} a dimension with neither, and empty text is a scalar. The wiring of a node is text
 * such as {@code "x w -> y"}, where {@code _} leaves an optional input out. An element type is a
 * value of {@code TensorProto.DataType}.
 */
public final class GraphBuilder {
  /** The domain of the classical machine-learning operators, such as tree ensembles. */
  public static final String ML_DOMAIN = "ai.onnx.ml";

  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final ModelProto.Builder model =
      ModelProto.newBuilder().setIrVersion(8).setProducerName("inproc-test-models");
  private final Map<String, Long> opsets = new TreeMap<>(Map.of("", 17L));

  public GraphBuilder(String name) {
    graph.setName(name);
  }

  public GraphBuilder input(String name, int elementType, String shape) {
    return input(name, tensor(elementType, shape));
  }

  public GraphBuilder input(String name, TypeProto type) {
    graph.addInput(ValueInfoProto.newBuilder().setName(name).setType(type));
    return this;
  }

  public GraphBuilder output(String name, int elementType, String shape) {
    return output(name, tensor(elementType, shape));
  }

  public GraphBuilder output(String name, TypeProto type) {
    graph.addOutput(ValueInfoProto.newBuilder().setName(name).setType(type));
    return this;
  }

  /** Adds a constant; see {@link Tensors} for other element types. */
  public GraphBuilder initializer(String name, float[] values, long... dims) {
    return initializer(Tensors.floats(name, values, dims));
  }

  /** Adds a list of numbers as a constant, as the {@code axes} of many operators are given. */
  public GraphBuilder axes(String name, long... values) {
    return initializer(Tensors.longs(name, values, values.length));
  }

  public GraphBuilder initializer(TensorProto tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  /** Adds a node of the default domain. */
  public GraphBuilder node(String operator, String wiring, AttributeProto... attributes) {
    return nodeOf("", operator, wiring, Arrays.asList(attributes));
  }

  /** Adds a node of {@link #ML_DOMAIN}, and that domain's opset 3 unless one was set. */
  public GraphBuilder mlNode(String operator, String wiring, List<AttributeProto> attributes) {
    opsets.putIfAbsent(ML_DOMAIN, 3L);
    return nodeOf(ML_DOMAIN, operator, wiring, attributes);
  }

  /** Sets the version of an operator set; the default domain is empty text. */
  public GraphBuilder opset(String domain, long version) {
    opsets.put(domain, version);
    return this;
  }

  public GraphBuilder irVersion(long version) {
    model.setIrVersion(version);
    return this;
  }

  public GraphBuilder producer(String name, String version) {
    model.setProducerName(name).setProducerVersion(version);
    return this;
  }

  public GraphBuilder domain(String domain) {
    model.setDomain(domain);
    return this;
  }

  public GraphBuilder modelVersion(long version) {
    model.setModelVersion(version);
    return this;
  }

  public GraphBuilder description(String text) {
    model.setDocString(text);
    return this;
  }

  public GraphBuilder metadata(Map<String, String> properties) {
    new TreeMap<>(properties)
        .forEach((key, value) -> model.addMetadataProps(Tensors.entry(key, value)));
    return this;
  }

  /** Returns the serialized model. */
  public byte[] build() {
    opsets.forEach(
        (domain, version) ->
            model.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version)));
    return model.setGraph(graph).build().toByteArray();
  }

  /** Returns the graph alone, as a part of another. */
  GraphProto graph() {
    return graph.build();
  }

  /** A tensor type of a known rank. */
  public static TypeProto tensor(int elementType, String shape) {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(elementType);
    TensorShapeProto.Builder dims = tensor.getShapeBuilder();
    if (!shape.isEmpty()) {
      for (String dim : shape.split(",", -1)) {
        dims.addDim(dimension(dim));
      }
    }
    return TypeProto.newBuilder().setTensorType(tensor).build();
  }

  /** A tensor type that says nothing of its shape, not even the rank. */
  public static TypeProto tensorOfAnyShape(int elementType) {
    return TypeProto.newBuilder()
        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(elementType))
        .build();
  }

  /** A sequence of maps from the key type to float, as ZipMap returns it. */
  public static TypeProto sequenceOfMaps(int keyType) {
    TypeProto map =
        TypeProto.newBuilder()
            .setMapType(
                TypeProto.Map.newBuilder()
                    .setKeyType(keyType)
                    .setValueType(tensorOfAnyShape(DataType.FLOAT_VALUE)))
            .build();
    return TypeProto.newBuilder()
        .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(map))
        .build();
  }

  private static Dimension dimension(String text) {
    String dim = text.strip();
    if (dim.equals("?")) {
      return Dimension.getDefaultInstance();
    }
    return Character.isDigit(dim.charAt(0))
        ? Dimension.newBuilder().setDimValue(Long.parseLong(dim)).build()
        : Dimension.newBuilder().setDimParam(dim).build();
  }

  private GraphBuilder nodeOf(
      String domain, String operator, String wiring, List<AttributeProto> attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setName(operator + "_" + graph.getNodeCount())
            .setOpType(operator)
            .setDomain(domain)
            .addAllAttribute(attributes);
    boolean outputs = false;
    for (String name : wiring.split(" +", -1)) {
      if (name.equals("->")) {
        outputs = true;
      } else if (outputs) {
        node.addOutput(name);
      } else {
        node.addInput(name.equals("_") ? "" : name);
      }
    }
    graph.addNode(node);
    return this;
  }
}
