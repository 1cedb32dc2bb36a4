package dev.inproc.examples;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tribuo.ImmutableFeatureMap;
import org.tribuo.classification.Label;
import org.tribuo.common.tree.LeafNode;
import org.tribuo.common.tree.Node;
import org.tribuo.common.tree.SplitNode;
import org.tribuo.common.tree.TreeModel;
import org.tribuo.ensemble.WeightedEnsembleModel;

/**
 * The parallel lists in which a TreeEnsembleClassifier holds its trees.
 *
 * <p>Of two classes only the second is written, under the id 0: that is how exporters say "binary",
 * and ONNX Runtime then adds the other probability and puts the threshold at one half. With both
 * written, it would label every row with any chance of the second class as that class.
 */
final class TreeAttributes {
  private static final ByteString BRANCH = ByteString.copyFromUtf8("BRANCH_LEQ");
  private static final ByteString LEAF = ByteString.copyFromUtf8("LEAF");

  private final Map<String, AttributeProto.Builder> lists = new TreeMap<>();
  private final ImmutableFeatureMap tribuoFeatures;
  private final List<String> features;
  private final List<String> classes;
  private final double weight;
  private int tree = -1;
  private int nodes; // of this tree

  TreeAttributes(WeightedEnsembleModel<Label> forest, List<String> features, List<String> classes) {
    this.tribuoFeatures = forest.getFeatureIDMap();
    this.features = features;
    this.classes = classes;
    weight = 1.0 / forest.getNumModels();
  }

  void add(TreeModel<Label> model) {
    tree++;
    nodes = 0;
    add(model.getRoot());
  }

  Iterable<AttributeProto> build() {
    return lists.values().stream().map(AttributeProto.Builder::build).toList();
  }

  /** Adds a node, then those below it; returns its number. */
  private int add(Node<Label> node) {
    int number = nodes++;
    ints("nodes_treeids", tree);
    ints("nodes_nodeids", number);
    if (node instanceof SplitNode<Label> split) {
      addSplit(split);
    } else {
      addLeaf((LeafNode<Label>) node, number);
    }
    return number;
  }

  private void addSplit(SplitNode<Label> split) {
    int feature = features.indexOf(tribuoFeatures.get(split.getFeatureID()).getName());
    list("nodes_modes", AttributeType.STRINGS).addStrings(BRANCH);
    ints("nodes_featureids", feature);
    list("nodes_values", AttributeType.FLOATS).addFloats(floatBelow(split.splitValue()));
    // The numbers of the children stand where this node stands, but are known only later.
    AttributeProto.Builder whenTrue = ints("nodes_truenodeids", 0);
    AttributeProto.Builder whenFalse = ints("nodes_falsenodeids", 0);
    int position = whenTrue.getIntsCount() - 1;
    whenTrue.setInts(position, add(split.getLessThanOrEqual()));
    whenFalse.setInts(position, add(split.getGreaterThan()));
  }

  private void addLeaf(LeafNode<Label> leaf, int number) {
    list("nodes_modes", AttributeType.STRINGS).addStrings(LEAF);
    ints("nodes_featureids", 0);
    list("nodes_values", AttributeType.FLOATS).addFloats(0);
    ints("nodes_truenodeids", 0);
    ints("nodes_falsenodeids", 0);
    if (classes.size() == 2) {
      addWeight(leaf, number, 0, classes.get(1));
    } else {
      for (int i = 0; i < classes.size(); i++) {
        addWeight(leaf, number, i, classes.get(i));
      }
    }
  }

  private void addWeight(LeafNode<Label> leaf, int number, int id, String name) {
    Label label = leaf.getDistribution().get(name);
    double probability = label == null ? 0 : label.getScore();
    ints("class_treeids", tree);
    ints("class_nodeids", number);
    ints("class_ids", id);
    list("class_weights", AttributeType.FLOATS).addFloats((float) (probability * weight));
  }

  /** The largest float up to the threshold: no float lies between, so none changes sides. */
  static float floatBelow(double threshold) {
    float rounded = (float) threshold;
    return rounded > threshold ? Math.nextDown(rounded) : rounded;
  }

  private AttributeProto.Builder ints(String name, long value) {
    return list(name, AttributeType.INTS).addInts(value);
  }

  private AttributeProto.Builder list(String name, AttributeType type) {
    return lists.computeIfAbsent(
        name, key -> AttributeProto.newBuilder().setName(key).setType(type));
  }
}
