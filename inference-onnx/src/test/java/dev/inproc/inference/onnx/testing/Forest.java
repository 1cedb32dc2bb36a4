package dev.inproc.inference.onnx.testing;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random forest of complete binary trees: node {@code i} has the children {@code 2i+1} and {@code
 * 2i+2}, and each leaf has one weight per class or target.
 */
final class Forest {
  private static final int TREES = 5;
  private static final int DEPTH = 3;
  private static final int BRANCHES = (1 << DEPTH) - 1;
  private static final int NODES = 2 * BRANCHES + 1;

  private final int outputs;
  private final int[][] features = new int[TREES][BRANCHES];
  private final float[][] thresholds = new float[TREES][BRANCHES];
  private final float[][][] leaves;

  /** If {@code normalized}, the answer is a probability per class. */
  Forest(long seed, int inputs, int outputs, boolean normalized) {
    this.outputs = outputs;
    this.leaves = new float[TREES][BRANCHES + 1][outputs];
    Random random = new Random(seed);
    for (int tree = 0; tree < TREES; tree++) {
      for (int node = 0; node < BRANCHES; node++) {
        features[tree][node] = random.nextInt(inputs);
        thresholds[tree][node] = 2 * random.nextFloat() - 1;
      }
      for (float[] leaf : leaves[tree]) {
        float sum = 0;
        for (int i = 0; i < outputs; i++) {
          leaf[i] = random.nextFloat();
          sum += leaf[i];
        }
        for (int i = 0; i < outputs; i++) {
          leaf[i] /= normalized ? sum * TREES : 1;
        }
      }
    }
  }

  /** Adds up the leaves that the row falls into. */
  float[] predict(float[] row) {
    float[] answer = new float[outputs];
    for (int tree = 0; tree < TREES; tree++) {
      int node = 0;
      while (node < BRANCHES) {
        boolean left = row[features[tree][node]] <= thresholds[tree][node];
        node = 2 * node + (left ? 1 : 2);
      }
      for (int i = 0; i < outputs; i++) {
        answer[i] += leaves[tree][node - BRANCHES][i];
      }
    }
    return answer;
  }

  /** The attributes of a tree ensemble operator; its leaves are called class or target. */
  List<AttributeProto> attributes(String leafName) {
    AttributeProto.Builder treeIds = list("nodes_treeids", AttributeType.INTS);
    AttributeProto.Builder nodeIds = list("nodes_nodeids", AttributeType.INTS);
    AttributeProto.Builder modes = list("nodes_modes", AttributeType.STRINGS);
    AttributeProto.Builder inputs = list("nodes_featureids", AttributeType.INTS);
    AttributeProto.Builder values = list("nodes_values", AttributeType.FLOATS);
    AttributeProto.Builder left = list("nodes_truenodeids", AttributeType.INTS);
    AttributeProto.Builder right = list("nodes_falsenodeids", AttributeType.INTS);
    AttributeProto.Builder leafTrees = list(leafName + "_treeids", AttributeType.INTS);
    AttributeProto.Builder leafNodes = list(leafName + "_nodeids", AttributeType.INTS);
    AttributeProto.Builder leafIds = list(leafName + "_ids", AttributeType.INTS);
    AttributeProto.Builder weights = list(leafName + "_weights", AttributeType.FLOATS);
    for (int tree = 0; tree < TREES; tree++) {
      for (int node = 0; node < NODES; node++) {
        boolean branch = node < BRANCHES;
        treeIds.addInts(tree);
        nodeIds.addInts(node);
        modes.addStrings(ByteString.copyFromUtf8(branch ? "BRANCH_LEQ" : "LEAF"));
        inputs.addInts(branch ? features[tree][node] : 0);
        values.addFloats(branch ? thresholds[tree][node] : 0);
        left.addInts(branch ? 2L * node + 1 : 0);
        right.addInts(branch ? 2L * node + 2 : 0);
        for (int i = 0; !branch && i < outputs; i++) {
          leafTrees.addInts(tree);
          leafNodes.addInts(node);
          leafIds.addInts(i);
          weights.addFloats(leaves[tree][node - BRANCHES][i]);
        }
      }
    }
    List<AttributeProto> attributes = new ArrayList<>();
    for (AttributeProto.Builder attribute :
        List.of(
            treeIds, nodeIds, modes, inputs, values, left, right, leafTrees, leafNodes, leafIds,
            weights)) {
      attributes.add(attribute.build());
    }
    attributes.add(Attributes.text("post_transform", "NONE"));
    return attributes;
  }

  private static AttributeProto.Builder list(String name, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
