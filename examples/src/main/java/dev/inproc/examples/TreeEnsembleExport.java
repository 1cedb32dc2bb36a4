package dev.inproc.examples;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.List;
import org.tribuo.classification.Label;
import org.tribuo.common.tree.TreeModel;
import org.tribuo.ensemble.WeightedEnsembleModel;

/**
 * Writes a random forest as ONNX, laid out as skl2onnx does: a TreeEnsembleClassifier, its label
 * cast, its probabilities through a ZipMap. Tribuo itself exports no trees.
 *
 * <p>The classes are whole numbers. Tribuo must have averaged its trees' probabilities, unweighted.
 */
final class TreeEnsembleExport {
  static final String INPUT = "float_input";
  static final String LABEL = "output_label";
  static final String PROBABILITIES = "output_probability";

  private static final String ML_DOMAIN = "ai.onnx.ml";
  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int ML_OPSET = 3;

  private TreeEnsembleExport() {}

  /**
   * Returns the model file.
   *
   * @param features the columns of the input, in order
   * @param classes the columns of the probabilities, in order
   */
  static byte[] toOnnx(
      WeightedEnsembleModel<Label> forest, List<String> features, List<String> classes) {
    TreeAttributes trees = new TreeAttributes(forest, features, classes);
    for (var member : forest.getModels()) {
      trees.add((TreeModel<Label>) member);
    }
    NodeProto ensemble =
        node(ML_DOMAIN, "TreeEnsembleClassifier", INPUT, "label", "probabilities")
            .addAllAttribute(trees.build())
            .addAttribute(labels(classes))
            .addAttribute(text("post_transform", "NONE"))
            .build();
    AttributeProto toInt64 =
        AttributeProto.newBuilder()
            .setName("to")
            .setType(AttributeType.INT)
            .setI(DataType.INT64_VALUE)
            .build();
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("random-forest")
            .addInput(value(INPUT, tensor(DataType.FLOAT_VALUE, features.size())))
            .addNode(ensemble)
            .addNode(node("", "Cast", "label", LABEL).addAttribute(toInt64))
            .addNode(
                node(ML_DOMAIN, "ZipMap", "probabilities", PROBABILITIES)
                    .addAttribute(labels(classes)))
            .addOutput(value(LABEL, tensor(DataType.INT64_VALUE, 0)))
            .addOutput(value(PROBABILITIES, sequenceOfMaps()))
            .build();
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("inproc-examples")
        .setModelVersion(1)
        .setGraph(graph)
        .addOpsetImport(opset("", OPSET))
        .addOpsetImport(opset(ML_DOMAIN, ML_OPSET))
        .build()
        .toByteArray();
  }

  private static NodeProto.Builder node(
      String domain, String operator, String input, String... outputs) {
    return NodeProto.newBuilder()
        .setDomain(domain)
        .setOpType(operator)
        .setName(operator)
        .addInput(input)
        .addAllOutput(List.of(outputs));
  }

  private static AttributeProto labels(List<String> classes) {
    return AttributeProto.newBuilder()
        .setName("classlabels_int64s")
        .setType(AttributeType.INTS)
        .addAllInts(classes.stream().map(Long::valueOf).toList())
        .build();
  }

  private static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  private static ValueInfoProto value(String name, TypeProto.Builder type) {
    return ValueInfoProto.newBuilder().setName(name).setType(type).build();
  }

  /** A tensor of any number of rows, of so many columns; 0 for a vector. */
  private static TypeProto.Builder tensor(int elementType, int columns) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder().addDim(Dimension.newBuilder().setDimParam("batch"));
    if (columns > 0) {
      shape.addDim(Dimension.newBuilder().setDimValue(columns));
    }
    return TypeProto.newBuilder()
        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(elementType).setShape(shape));
  }

  private static TypeProto.Builder sequenceOfMaps() {
    TypeProto.Tensor probability =
        TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE).build();
    TypeProto.Map map =
        TypeProto.Map.newBuilder()
            .setKeyType(DataType.INT64_VALUE)
            .setValueType(TypeProto.newBuilder().setTensorType(probability))
            .build();
    TypeProto element = TypeProto.newBuilder().setMapType(map).build();
    return TypeProto.newBuilder()
        .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(element));
  }

  private static OperatorSetIdProto opset(String domain, int version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
  }
}
