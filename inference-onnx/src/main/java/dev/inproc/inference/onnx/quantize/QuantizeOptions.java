package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.CpuFeatures;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a model is quantized. Immutable: {@code with...} methods return changed copies.
 *
 * <pre>{@code
 * QuantizeOptions.DEFAULT.withScheme(Scheme.BLOCKWISE_INT8).withoutNodes(Set.of("/classifier/MatMul"))
 * }</pre>
 */
public final class QuantizeOptions {
  /** Row-wise dynamic INT8, embeddings too, weights for this processor. */
  public static final QuantizeOptions DEFAULT = new QuantizeOptions(new Builder());

  private final Scheme scheme;
  private final boolean embeddings;
  private final int blockSize;
  private final int minElements;
  private final boolean signedWeights;
  private final boolean fasterNormalization;
  private final boolean smoothing;
  private final boolean errorCompensation;
  private final boolean externalData;
  private final Set<String> withoutNodes;

  private QuantizeOptions(Builder builder) {
    scheme = builder.scheme;
    embeddings = builder.embeddings;
    blockSize = builder.blockSize;
    minElements = builder.minElements;
    signedWeights = builder.signedWeights;
    fasterNormalization = builder.fasterNormalization;
    smoothing = builder.smoothing;
    errorCompensation = builder.errorCompensation;
    externalData = builder.externalData;
    withoutNodes = builder.withoutNodes;
  }

  /** The options before they are final. */
  private static final class Builder {
    private Scheme scheme = Scheme.ROWWISE_INT8;
    private boolean embeddings = true;
    private int blockSize = 32;
    private int minElements = 4096;
    private boolean signedWeights = CpuFeatures.addsBytesExactly();
    private boolean fasterNormalization = true;
    private boolean smoothing = true;
    private boolean errorCompensation = true;
    private boolean externalData;
    private Set<String> withoutNodes = Set.of();

    private Builder() {}

    private Builder(QuantizeOptions options) {
      scheme = options.scheme;
      embeddings = options.embeddings;
      blockSize = options.blockSize;
      minElements = options.minElements;
      signedWeights = options.signedWeights;
      fasterNormalization = options.fasterNormalization;
      smoothing = options.smoothing;
      errorCompensation = options.errorCompensation;
      externalData = options.externalData;
      withoutNodes = options.withoutNodes;
    }
  }

  private QuantizeOptions with(Consumer<Builder> change) {
    Builder builder = new Builder(this);
    change.accept(builder);
    return new QuantizeOptions(builder);
  }

  /** Returns these options with another scheme. */
  public QuantizeOptions withScheme(Scheme other) {
    Objects.requireNonNull(other, "scheme");
    return with(builder -> builder.scheme = other);
  }

  /** Returns these options with or without INT8 tables for Gather, a scale for each row. */
  public QuantizeOptions withEmbeddings(boolean quantize) {
    return with(builder -> builder.embeddings = quantize);
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
    return with(builder -> builder.blockSize = weights);
  }

  /** Returns these options with the fewest elements a weight has to be quantized; default 4096. */
  public QuantizeOptions withMinElements(int elements) {
    if (elements < 1) {
      throw new IllegalArgumentException("minElements must be at least 1, got " + elements);
    }
    return with(builder -> builder.minElements = elements);
  }

  /**
   * Returns these options with INT8 weights signed, or unsigned around 128. The numbers are the
   * same. Signed ones are much faster, but on x86 processors without VNNI their products with
   * activations may saturate, which is a wrong answer; unsigned ones never do. Default: signed if
   * this machine's processor has VNNI or is no x86. Choose it yourself for a model that is served
   * on other machines. The blockwise schemes do not use it.
   */
  public QuantizeOptions withSignedWeights(boolean signed) {
    return with(builder -> builder.signedWeights = signed);
  }

  /**
   * Returns these options with or without layer normalization in basic operators, which ONNX
   * Runtime runs several times faster on CPU than its own fused one: a third of an INT8 encoder's
   * time. Up to rounding it is the same function. Default yes.
   */
  public QuantizeOptions withFasterNormalization(boolean rewrite) {
    return with(builder -> builder.fasterNormalization = rewrite);
  }

  /**
   * Returns these options with or without smoothing of activations whose channels differ much in
   * size, for the row-wise scheme: several times closer to FP32 where there are such, for one small
   * operator each. The model is run for that, on the examples given to {@link Quantizer} or on ones
   * made up. Default yes.
   */
  public QuantizeOptions withSmoothing(boolean smooth) {
    return with(builder -> builder.smoothing = smooth);
  }

  /**
   * Returns these options with or without error compensation, for the row-wise and the blockwise
   * schemes: while the rows of a weight are rounded, the error of each is made up for in the
   * others, so that the product with the activations of the examples changes least (GPTQ). The
   * model has the same nodes and size. It is run for that as for smoothing; weights with more than
   * 4,096 rows, weights that several nodes share and weights in subgraphs are rounded plainly.
   * Default yes.
   */
  public QuantizeOptions withErrorCompensation(boolean compensate) {
    return with(builder -> builder.errorCompensation = compensate);
  }

  /**
   * Returns these options with large tensors in a file beside the model, named like it and {@code
   * .data}. It is so anyway for a model that came with external data.
   */
  public QuantizeOptions withExternalData(boolean external) {
    return with(builder -> builder.externalData = external);
  }

  /**
   * Returns these options with nodes that stay as they are: by name, or by their first output's
   * name if they have none.
   */
  public QuantizeOptions withoutNodes(Set<String> names) {
    Set<String> copy = Collections.unmodifiableSet(new TreeSet<>(names));
    return with(builder -> builder.withoutNodes = copy);
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

  /** Returns whether the errors of rounding are compensated. */
  public boolean errorCompensation() {
    return errorCompensation;
  }

  boolean smooths() {
    return smoothing && scheme == Scheme.ROWWISE_INT8;
  }

  boolean compensates() {
    return errorCompensation && scheme != Scheme.DYNAMIC_INT8;
  }

  /** Returns whether large tensors go to a file beside the model. */
  public boolean externalData() {
    return externalData;
  }

  /** Returns the nodes that stay as they are, sorted. */
  public Set<String> withoutNodes() {
    return withoutNodes;
  }

  private List<Object> state() {
    return List.of(
        scheme,
        embeddings,
        blockSize,
        minElements,
        signedWeights,
        fasterNormalization,
        smoothing,
        errorCompensation,
        externalData,
        withoutNodes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof QuantizeOptions that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  /**
   * Returns what shapes the quantized graph as one line, the same for equal options; a quantized
   * model carries it in its metadata.
   */
  @Override
  public String toString() {
    boolean blocks = scheme == Scheme.BLOCKWISE_INT8 || scheme == Scheme.BLOCKWISE_INT4;
    return scheme.label()
        + (blocks ? ", blocks of " + blockSize : signedWeights ? ", signed" : ", unsigned")
        + (embeddings ? ", embeddings" : "")
        + (fasterNormalization ? ", faster normalization" : "")
        + (smooths() ? ", smoothed" : "")
        + (compensates() ? ", compensated" : "")
        + (withoutNodes.isEmpty() ? "" : ", without " + withoutNodes);
  }
}
