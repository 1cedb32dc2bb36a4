package dev.inproc.inference.onnx.quantize;

import java.util.List;
import java.util.Locale;

/**
 * What a quantizer did to a model. Immutable.
 *
 * @param options how it was done
 * @param changed the nodes that were quantized, in the order of the graph
 * @param left the MatMul, Gemm and embedding nodes that were not, and why
 * @param normalizations how many layer normalizations were rewritten
 * @param smoothed how many activations were smoothed
 * @param note what could not be done, or nothing
 * @param bytesBefore the size of all of the model's files
 * @param bytesAfter the size of all files written
 * @param opset the version of the default operator set now
 */
public record QuantizationReport(
    QuantizeOptions options,
    List<Node> changed,
    List<Node> left,
    int normalizations,
    int smoothed,
    String note,
    long bytesBefore,
    long bytesAfter,
    long opset) {

  /**
   * One node.
   *
   * @param name its name, or its first output's
   * @param operator such as {@code MatMul}
   * @param detail what was done: the weight's shape; or why nothing was
   */
  public record Node(String name, String operator, String detail) {}

  /** Copies both lists. */
  public QuantizationReport {
    changed = List.copyOf(changed);
    left = List.copyOf(left);
  }

  /** Returns the size as a share of what it was. */
  public double sizeRatio() {
    return (double) bytesAfter / bytesBefore;
  }

  /** Returns a few words, such as {@code rowwise-int8: 38 nodes, 3 left, 90.4 to 23.0 MB}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %d nodes changed, %d left, %.1f to %.1f MB (%.2f)%s",
        options,
        changed.size(),
        left.size(),
        bytesBefore / 1e6,
        bytesAfter / 1e6,
        sizeRatio(),
        note.isEmpty() ? "" : "; " + note);
  }
}
