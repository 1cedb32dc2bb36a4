package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.CpuFeatures;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a model is quantized. Immutable: {@code with...} methods return changed copies.
 *
 * <pre>{@code
 * QuantizeOptions.DEFAULT.withScheme(Scheme.BLOCKWISE_INT8).withoutNodes(Set.of("/classifier/MatMul"))
 * }</pre>
 */
public final class QuantizeOptions {
  /** Row-wise dynamic INT8, embeddings too, weights for this processor. */
  public static final QuantizeOptions DEFAULT = new QuantizeOptions();

  // Set before a copy is handed out, never after.
  private Scheme scheme = Scheme.ROWWISE_INT8;
  private boolean embeddings = true;
  private int blockSize = 32;
  private int minElements = 4096;
  private boolean signedWeights = CpuFeatures.addsBytesExactly();
  private boolean fasterNormalization = true;
  private boolean smoothing = true;
  private boolean externalData;
  private Set<String> withoutNodes = Set.of();

  private QuantizeOptions() {}

  private QuantizeOptions(QuantizeOptions other) {
    scheme = other.scheme;
    embeddings = other.embeddings;
    blockSize = other.blockSize;
    minElements = other.minElements;
    signedWeights = other.signedWeights;
    fasterNormalization = other.fasterNormalization;
    smoothing = other.smoothing;
    externalData = other.externalData;
    withoutNodes = other.withoutNodes;
  }

  /** Returns these options with another scheme. */
  public QuantizeOptions withScheme(Scheme other) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.scheme = Objects.requireNonNull(other, "scheme");
    return copy;
  }

  /** Returns these options with or without INT8 tables for Gather, a scale for each row. */
  public QuantizeOptions withEmbeddings(boolean quantize) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.embeddings = quantize;
    return copy;
  }

  /**
   * Returns these options with another number of weights that share a scale in the blockwise
   * schemes; default 32.
   *
   * @throws IllegalArgumentException unless it is 16, 32, 64, 128 or 256
   */
  public QuantizeOptions withBlockSize(int weights) {
    if (!Set.of(16, 32, 64, 128, 256).contains(weights)) {
      throw new IllegalArgumentException(
          "A block has 16, 32, 64, 128 or 256 weights, got " + weights);
    }
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.blockSize = weights;
    return copy;
  }

  /** Returns these options with the fewest elements a weight has to be quantized; default 4096. */
  public QuantizeOptions withMinElements(int elements) {
    if (elements < 1) {
      throw new IllegalArgumentException("minElements must be at least 1, got " + elements);
    }
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.minElements = elements;
    return copy;
  }

  /**
   * Returns these options with INT8 weights signed, or unsigned around 128. The numbers are the
   * same. Signed ones are much faster, but on x86 processors without VNNI their products with
   * activations may saturate, which is a wrong answer; unsigned ones never do. Default: signed if
   * this machine's processor has VNNI or is no x86. Choose it yourself for a model that is served
   * on other machines. The blockwise schemes do not use it.
   */
  public QuantizeOptions withSignedWeights(boolean signed) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.signedWeights = signed;
    return copy;
  }

  /**
   * Returns these options with or without layer normalization in basic operators, which ONNX
   * Runtime runs several times faster on CPU than its own fused one: a third of an INT8 encoder's
   * time. Up to rounding it is the same function. Default yes.
   */
  public QuantizeOptions withFasterNormalization(boolean rewrite) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.fasterNormalization = rewrite;
    return copy;
  }

  /**
   * Returns these options with or without smoothing of activations whose channels differ much in
   * size, for the row-wise scheme: several times closer to FP32 where there are such, for one small
   * operator each. The model is run for that, on the examples given to {@link Quantizer} or on ones
   * made up. Default yes.
   */
  public QuantizeOptions withSmoothing(boolean smooth) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.smoothing = smooth;
    return copy;
  }

  /**
   * Returns these options with large tensors in a file beside the model, named like it and {@code
   * .data}. It is so anyway for a model that came with external data.
   */
  public QuantizeOptions withExternalData(boolean external) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.externalData = external;
    return copy;
  }

  /**
   * Returns these options with nodes that stay as they are: by name, or by their first output's
   * name if they have none.
   */
  public QuantizeOptions withoutNodes(Set<String> names) {
    QuantizeOptions copy = new QuantizeOptions(this);
    copy.withoutNodes = Collections.unmodifiableSet(new TreeSet<>(names));
    return copy;
  }

  /** Returns the scheme. */
  public Scheme scheme() {
    return scheme;
  }

  /** Returns whether tables for Gather are quantized. */
  public boolean embeddings() {
    return embeddings;
  }

  /** Returns how many weights share a scale in the blockwise schemes. */
  public int blockSize() {
    return blockSize;
  }

  /** Returns the fewest elements that a weight has to be quantized. */
  public int minElements() {
    return minElements;
  }

  /** Returns whether INT8 weights are signed. */
  public boolean signedWeights() {
    return signedWeights;
  }

  /** Returns whether layer normalization is rewritten. */
  public boolean fasterNormalization() {
    return fasterNormalization;
  }

  /** Returns whether activations are smoothed. */
  public boolean smoothing() {
    return smoothing;
  }

  /** Returns whether large tensors go to a file beside the model. */
  public boolean externalData() {
    return externalData;
  }

  /** Returns the nodes that stay as they are, sorted. */
  public Set<String> withoutNodes() {
    return withoutNodes;
  }

  /** Returns the options as one line, the same for equal options. */
  @Override
  public String toString() {
    boolean blocks = scheme == Scheme.BLOCKWISE_INT8 || scheme == Scheme.BLOCKWISE_INT4;
    return scheme.label()
        + (blocks ? ", blocks of " + blockSize : signedWeights ? ", signed" : ", unsigned")
        + (embeddings ? ", embeddings" : "")
        + (fasterNormalization ? ", faster normalization" : "")
        + (smoothing && scheme == Scheme.ROWWISE_INT8 ? ", smoothed" : "")
        + (withoutNodes.isEmpty() ? "" : ", without " + withoutNodes);
  }
}
