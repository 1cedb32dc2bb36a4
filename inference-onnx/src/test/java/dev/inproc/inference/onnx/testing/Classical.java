package dev.inproc.inference.onnx.testing;

import static dev.inproc.inference.onnx.testing.Attributes.integer;
import static dev.inproc.inference.onnx.testing.Attributes.integers;
import static dev.inproc.inference.onnx.testing.Attributes.reals;
import static dev.inproc.inference.onnx.testing.Attributes.text;
import static dev.inproc.inference.onnx.testing.Attributes.texts;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.List;

/** Models of the ai.onnx.ml domain, laid out as skl2onnx exports them. */
final class Classical {
  private static final int FEATURES = 4;
  private static final Forest CLASSIFIER =
      new Forest(50, FEATURES, Models.CLASS_NAMES.size(), true);
  private static final Forest REGRESSOR = new Forest(51, FEATURES, 1, false);
  private static final float[] COEFFICIENTS =
      Weights.uniform(52, FEATURES * Models.CLASS_NAMES.size(), 1);
  private static final float[] INTERCEPTS = Weights.uniform(53, Models.CLASS_NAMES.size(), 0.5);

  private Classical() {}

  static byte[] treeEnsemble(boolean zipMap, boolean stringLabels) {
    List<AttributeProto> attributes = CLASSIFIER.attributes("class");
    attributes.add(labels("classlabels_strings", "classlabels_int64s", stringLabels));
    GraphBuilder graph = onFeatures("tree-ensemble");
    graph.mlNode("TreeEnsembleClassifier", "x -> label probabilities", attributes);
    if (zipMap) {
      zipMap(graph, stringLabels);
    } else {
      graph
          .output("label", labelType(stringLabels), "batch")
          .output("probabilities", DataType.FLOAT_VALUE, "batch," + Models.CLASS_NAMES.size());
    }
    return graph.build();
  }

  static float[] treeEnsembleReference(float[] row) {
    return CLASSIFIER.predict(row);
  }

  static byte[] treeRegressor() {
    List<AttributeProto> attributes = REGRESSOR.attributes("target");
    attributes.add(integer("n_targets", 1));
    return onFeatures("tree-regressor")
        .output("variable", DataType.FLOAT_VALUE, "batch,1")
        .mlNode("TreeEnsembleRegressor", "x -> variable", attributes)
        .build();
  }

  static float treeRegressorReference(float[] row) {
    return REGRESSOR.predict(row)[0];
  }

  static byte[] linearClassifierZipMap() {
    GraphBuilder graph =
        onFeatures("linear-classifier")
            .mlNode(
                "LinearClassifier",
                "x -> label scores",
                List.of(
                    reals("coefficients", COEFFICIENTS),
                    reals("intercepts", INTERCEPTS),
                    labels("classlabels_strings", "classlabels_ints", false),
                    integer("multi_class", 1),
                    text("post_transform", "LOGISTIC")))
            .mlNode("Normalizer", "scores -> probabilities", List.of(text("norm", "L1")));
    zipMap(graph, false);
    return graph.build();
  }

  static float[] linearClassifierReference(float[] row) {
    int classes = INTERCEPTS.length;
    double[] scores = new double[classes];
    double total = 0;
    for (int i = 0; i < classes; i++) {
      double sum = INTERCEPTS[i];
      for (int feature = 0; feature < FEATURES; feature++) {
        sum += (double) COEFFICIENTS[i * FEATURES + feature] * row[feature];
      }
      scores[i] = 1 / (1 + Math.exp(-sum));
      total += scores[i];
    }
    float[] probabilities = new float[classes];
    for (int i = 0; i < classes; i++) {
      probabilities[i] = (float) (scores[i] / total);
    }
    return probabilities;
  }

  static byte[] stringLabels() {
    return new GraphBuilder("string-labels")
        .input("x", DataType.FLOAT_VALUE, "batch,2")
        .output("label", DataType.STRING_VALUE, "batch")
        .node("ArgMax", "x -> id", integer("axis", 1), integer("keepdims", 0))
        .mlNode(
            "LabelEncoder",
            "id -> label",
            List.of(integers("keys_int64s", 0, 1), texts("values_strings", List.of("no", "yes"))))
        .build();
  }

  private static GraphBuilder onFeatures(String name) {
    return new GraphBuilder(name).input("x", DataType.FLOAT_VALUE, "batch," + FEATURES);
  }

  /** Turns {@code label} and {@code probabilities} into the outputs skl2onnx names. */
  private static void zipMap(GraphBuilder graph, boolean strings) {
    if (strings) {
      graph.node("Identity", "label -> output_label");
    } else {
      graph.node("Cast", "label -> output_label", integer("to", DataType.INT64_VALUE));
    }
    graph
        .mlNode(
            "ZipMap",
            "probabilities -> output_probability",
            List.of(labels("classlabels_strings", "classlabels_int64s", strings)))
        .output("output_label", labelType(strings), "batch")
        .output("output_probability", GraphBuilder.sequenceOfMaps(labelType(strings)));
  }

  private static int labelType(boolean strings) {
    return strings ? DataType.STRING_VALUE : DataType.INT64_VALUE;
  }

  private static AttributeProto labels(String ofStrings, String ofInts, boolean strings) {
    return strings ? texts(ofStrings, Models.CLASS_NAMES) : integers(ofInts, 0, 1, 2);
  }
}
