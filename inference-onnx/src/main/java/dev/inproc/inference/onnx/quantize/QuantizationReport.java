package dev.inproc.inference.onnx.quantize;

import java.util.List;
import java.util.Locale;

/**
 * What a quantizer did to a model. Immutable.
 *
 * @param options how it was done
 * @param changed the nodes that were quantized, in the order of the graph
 * @param left the nodes with large FP32 weights that were not, and every MatMul and Gemm that was
 *     not, with the reason
 * @param normalizations how many layer normalizations were rewritten
 * @param smoothed how many activations were smoothed
 * @param note what could not be done, or nothing
 * @param bytesBefore the size of all of the model's files
 * @param bytesAfter the size of all files written
 * @param floatBytesBefore the bytes of the model's FP32 weights
 * @param floatBytesAfter how many of them stay FP32
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
    long floatBytesBefore,
    long floatBytesAfter,
    long opset) {

  /**
   * One node.
   *
   * @param name its name, or its first output's
   * @param operator such as {@code MatMul}
   * @param detail what was done: the weight's shape; or why nothing was
   * @param floatBytes the bytes of the FP32 weights that it reads and that stay; a weight that
   *     several nodes read counts for each of them
   */
  public record Node(String name, String operator, String detail, long floatBytes) {}

  /** Copies both lists. */
  public QuantizationReport {
    changed = List.copyOf(changed);
    left = List.copyOf(left);
  }

  /** Returns the size as a share of what it was. */
  public double sizeRatio() {
    return (double) bytesAfter / bytesBefore;
  }

  /** Returns the share of the model's FP32 weights, by bytes, that stay FP32. */
  public double floatShare() {
    return floatBytesBefore == 0 ? 0 : (double) floatBytesAfter / floatBytesBefore;
  }

  /**
   * Returns a few words, such as {@code rowwise-int8: 38 nodes changed, 3 left, 90.4 to 23.0 MB
   * (0.25), 1.2 % of the weights stay FP32}.
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %d nodes changed, %d left, %.1f to %.1f MB (%.2f), %.1f %% of the weights stay FP32%s",
        options,
        changed.size(),
        left.size(),
        bytesBefore / 1e6,
        bytesAfter / 1e6,
        sizeRatio(),
        100 * floatShare(),
        note.isEmpty() ? "" : "; " + note);
  }
}
