package dev.inproc.inference.onnx.quantize;

import java.util.Arrays;

/** A way to quantize the weights of MatMul and Gemm, and what they are multiplied with. */
public enum Scheme {
  /**
   * INT8 weights with a scale for each output column, and activations quantized at run time with a
   * scale for <em>each row</em>: an answer does not depend on its batch-mates.
   */
  ROWWISE_INT8("rowwise-int8"),

  /**
   * INT8 weights with a scale for each output column, and activations quantized at run time with
   * one scale and zero point for the <em>whole batch</em>, as most tools do: the outliers of a
   * batch-mate change an answer.
   */
  DYNAMIC_INT8("dynamic-int8"),

  /** INT8 weights with a scale for each block of a column; closest to FP32. */
  BLOCKWISE_INT8("blockwise-int8"),

  /** INT4 weights with a scale for each block of a column; smallest. */
  BLOCKWISE_INT4("blockwise-int4");

  private final String label;

  Scheme(String label) {
    this.label = label;
  }

  /** Returns the name that commands and metadata use, such as {@code rowwise-int8}. */
  public String label() {
    return label;
  }

  /**
   * Returns the scheme of this label.
   *
   * @throws IllegalArgumentException if there is none; the message lists all labels
   */
  public static Scheme of(String label) {
    return Arrays.stream(values())
        .filter(scheme -> scheme.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "No scheme \""
                        + label
                        + "\"; there are "
                        + Arrays.stream(values()).map(Scheme::label).toList()));
  }
}
