package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.Integrity;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.internal.statistics.VectorAgreement;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compares a candidate's answers with a reference's and says whether they are close enough:
 * quantized against FP32, or any student, pruned or otherwise changed model against its teacher.
 * Immutable and thread-safe; {@code with...} methods return changed copies.
 *
 * <p>Each example is run alone on both. Compared is a vector of each answer: by default all FP32
 * values of all outputs in a row, or what {@link #withView} makes of it, such as a pooled
 * embedding. The candidate's {@link Session#integrity} belongs to the verdict: a model whose
 * answers depend on batch-mates fails unless that is accepted.
 *
 * <pre>{@code
 * GateReport report = AccuracyGate.DEFAULT.withMinCosine(0.99).compare(fp32, int8, examples);
 * }</pre>
 */
public final class AccuracyGate {
  private static final Function<Tensors, float[]> ALL_FLOATS = AccuracyGate::allFloats;

  /** Cosine of at least 0.99 for every example, answers independent of batch-mates. */
  public static final AccuracyGate DEFAULT = new AccuracyGate(new Builder());

  private final double minCosine;
  private final double maxError;
  private final double minAgreement;
  private final boolean integrity;
  private final Function<Tensors, float[]> view;
  private final @Nullable ToDoubleBiFunction<Tensors, Tensors> metric;
  private final double minMetric;

  private AccuracyGate(Builder builder) {
    minCosine = builder.minCosine;
    maxError = builder.maxError;
    minAgreement = builder.minAgreement;
    integrity = builder.integrity;
    view = builder.view;
    metric = builder.metric;
    minMetric = builder.minMetric;
  }

  /** The gate before it is final. */
  private static final class Builder {
    private double minCosine = 0.99;
    private double maxError = Double.POSITIVE_INFINITY;
    private double minAgreement;
    private boolean integrity = true;
    private Function<Tensors, float[]> view = ALL_FLOATS;
    private @Nullable ToDoubleBiFunction<Tensors, Tensors> metric;
    private double minMetric = Double.NEGATIVE_INFINITY;

    private Builder() {}

    private Builder(AccuracyGate gate) {
      minCosine = gate.minCosine;
      maxError = gate.maxError;
      minAgreement = gate.minAgreement;
      integrity = gate.integrity;
      view = gate.view;
      metric = gate.metric;
      minMetric = gate.minMetric;
    }
  }

  private AccuracyGate with(Consumer<Builder> change) {
    Builder builder = new Builder(this);
    change.accept(builder);
    return new AccuracyGate(builder);
  }

  /** Returns this gate with the least cosine that any example may have; -1 for no limit. */
  public AccuracyGate withMinCosine(double least) {
    return with(builder -> builder.minCosine = least);
  }

  /** Returns this gate with the largest absolute difference that any value may have. */
  public AccuracyGate withMaxError(double largest) {
    return with(builder -> builder.maxError = largest);
  }

  /**
   * Returns this gate with the least share of examples whose largest value must be at the same
   * place: the same class. It is the lower end of the 95 % confidence interval that must reach it,
   * so few examples prove little.
   */
  public AccuracyGate withMinAgreement(double least) {
    return with(builder -> builder.minAgreement = least);
  }

  /** Returns this gate with or without the demand that answers depend on no batch-mate. */
  public AccuracyGate withIntegrity(boolean demanded) {
    return with(builder -> builder.integrity = demanded);
  }

  /** Returns this gate with what is compared of an answer. */
  public AccuracyGate withView(Function<Tensors, float[]> vectorOf) {
    Objects.requireNonNull(vectorOf, "vectorOf");
    return with(builder -> builder.view = vectorOf);
  }

  /**
   * Returns this gate with a metric of the user's: of the reference's answer and the candidate's,
   * larger is better; its mean must reach a limit.
   */
  public AccuracyGate withMetric(ToDoubleBiFunction<Tensors, Tensors> ofBoth, double leastMean) {
    Objects.requireNonNull(ofBoth, "ofBoth");
    return with(
        builder -> {
          builder.metric = ofBoth;
          builder.minMetric = leastMean;
        });
  }

  /** Compares on inputs that are made up from the reference's signature, the same each time. */
  public GateReport compare(Session reference, Session candidate, int examples) {
    return compare(reference, candidate, GeneratedInputs.of(reference.signature(), examples));
  }

  /**
   * Compares on these examples, given or recorded, without a batch axis.
   *
   * @throws IllegalArgumentException if there is none
   */
  public GateReport compare(Session reference, Session candidate, List<Tensors> examples) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("A gate needs at least one example");
    }
    VectorAgreement agreement = new VectorAgreement();
    double metrics = 0;
    for (Tensors example : examples) {
      Tensors expected = reference.predict(example);
      Tensors actual = candidate.predict(example);
      agreement.add(view.apply(expected), view.apply(actual));
      metrics += metric == null ? 0 : metric.applyAsDouble(expected, actual);
    }
    Integrity found = candidate.integrity();
    GateReport figures =
        new GateReport(
            examples.size(),
            agreement.minCosine(),
            agreement.meanCosine(),
            agreement.maxError(),
            agreement.agreement(),
            agreement.agreementBound(),
            metric == null ? Double.NaN : metrics / examples.size(),
            found.toString(),
            List.of());
    return figures.withFailures(failures(figures, found));
  }

  private static float[] allFloats(Tensors answer) {
    int size = 0;
    for (Tensor tensor : answer.asMap().values()) {
      size += tensor.type() == DataType.FLOAT32 ? tensor.elements() : 0;
    }
    float[] all = new float[size];
    int at = 0;
    for (Tensor tensor : answer.asMap().values()) {
      if (tensor.type() == DataType.FLOAT32) {
        float[] values = tensor.toFloats();
        System.arraycopy(values, 0, all, at, values.length);
        at += values.length;
      }
    }
    return all;
  }

  private List<String> failures(GateReport report, Integrity found) {
    return java.util.stream.Stream.of(
            fails(report.minCosine() >= minCosine, "least cosine", report.minCosine(), minCosine),
            fails(report.maxError() <= maxError, "largest error", report.maxError(), maxError),
            fails(
                report.agreementBound() >= minAgreement,
                "bound of the agreement",
                report.agreementBound(),
                minAgreement),
            fails(
                metric == null || report.meanMetric() >= minMetric,
                "mean metric",
                report.meanMetric(),
                minMetric),
            integrity && !found.allowsBatching() ? found.toString() : "")
        .filter(text -> !text.isEmpty())
        .toList();
  }

  private static String fails(boolean passes, String what, double is, double limit) {
    return passes ? "" : what + " is " + GateReport.number(is) + ", the limit " + limit;
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(minCosine, maxError, minAgreement, integrity, view, metric, minMetric);
  }

  /** Equal gates pass alike; functions are equal as their class says. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AccuracyGate that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "AccuracyGate[minCosine="
        + minCosine
        + ", maxError="
        + maxError
        + ", minAgreement="
        + minAgreement
        + ", integrity="
        + integrity
        + ", view="
        + (view == ALL_FLOATS ? "all floats" : view)
        + ", metric="
        + metric
        + ", minMetric="
        + minMetric
        + "]";
  }
}
