package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The readers of each constant of a model, through Transpose and Identity too. Found before
 * anything is rewritten, since a table that stays in FP32 for one reader is not worth a quantized
 * copy for a lookup, and a table that lookups and products read is quantized once for both.
 */
final class ConstantUses {
  private record Key(GraphScope owner, String name) {}

  /** The readers of one constant. */
  static final class Uses {
    private int count;
    private boolean isLookedUp;
    private boolean isMultiplied;
    private @Nullable String other;

    /** How many readers there are. */
    int count() {
      return count;
    }

    /** Returns a reader that needs the constant in FP32; null if there is none. */
    @Nullable String other() {
      return other;
    }

    /** Says whether its rows are looked up, and multiplied with as columns of a weight. */
    boolean isTied() {
      return other == null && isLookedUp && isMultiplied;
    }
  }

  private final ModelFile file;
  private final QuantizeOptions options;
  private final Map<Key, Uses> all = new HashMap<>();

  private ConstantUses(ModelFile file, QuantizeOptions options) {
    this.file = file;
    this.options = options;
  }

  static ConstantUses of(ModelFile file, GraphScope root, QuantizeOptions options) {
    ConstantUses uses = new ConstantUses(file, options);
    uses.add(root);
    return uses;
  }

  Uses of(GraphScope.Constant constant) {
    return all.computeIfAbsent(
        new Key(constant.owner(), constant.tensor().getName()), any -> new Uses());
  }

  private void add(GraphScope scope) {
    for (NodeProto node : scope.graph().getNodeList()) {
      if (!scope.isViewOfConstant(node)) {
        for (int i = 0; i < node.getInputCount(); i++) {
          GraphScope.Constant constant = scope.constant(node.getInput(i));
          if (constant != null) {
            add(scope, node, i, constant);
          }
        }
      }
    }
    for (ValueInfoProto output : scope.graph().getOutputList()) {
      GraphScope.Constant constant = scope.constant(output.getName());
      if (constant != null) {
        Uses uses = of(constant);
        uses.count++;
        uses.other = "the output " + output.getName();
      }
    }
    scope.inner().forEach(this::add);
  }

  private void add(GraphScope scope, NodeProto node, int input, GraphScope.Constant constant) {
    Uses uses = of(constant);
    uses.count++;
    if (input == 1 && ProductNode.is(node)) {
      ProductNode product = ProductNode.of(file, scope, node, options);
      if (product.obstacle() == null) {
        uses.isMultiplied |= product.turned() && product.factor() == 1;
        return;
      }
    }
    LookupNode lookup = input == 0 ? LookupNode.of(file, scope, node, options) : null;
    if (lookup != null && lookup.obstacle() == null) {
      uses.isLookedUp = true;
    } else {
      uses.other = node.getOpType() + " " + NodeProtos.name(node);
    }
  }
}
