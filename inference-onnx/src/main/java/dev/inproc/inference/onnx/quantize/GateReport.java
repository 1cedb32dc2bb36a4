package dev.inproc.inference.onnx.quantize;

import java.util.List;
import java.util.Locale;

/**
 * What a gate found. Immutable.
 *
 * @param examples how many were compared
 * @param minCosine the least cosine between two answers
 * @param meanCosine the mean
 * @param maxError the largest absolute difference between two values
 * @param agreement the share of examples whose largest value is at the same place
 * @param agreementBound the lower end of its 95 % confidence interval
 * @param meanMetric the mean of the user's metric; NaN without one
 * @param integrity in words, whether the candidate's answers depend on batch-mates
 * @param failures what did not reach its limit; empty if the gate passed
 */
public record GateReport(
    int examples,
    double minCosine,
    double meanCosine,
    double maxError,
    double agreement,
    double agreementBound,
    double meanMetric,
    String integrity,
    List<String> failures) {

  /** Copies the list. */
  public GateReport {
    failures = List.copyOf(failures);
  }

  GateReport withFailures(List<String> found) {
    return new GateReport(
        examples,
        minCosine,
        meanCosine,
        maxError,
        agreement,
        agreementBound,
        meanMetric,
        integrity,
        found);
  }

  /** Returns whether the candidate passed. */
  public boolean passed() {
    return failures.isEmpty();
  }

  /** Returns the figures and the verdict, a line each. */
  @Override
  public String toString() {
    String metric = Double.isNaN(meanMetric) ? "" : ", metric " + number(meanMetric);
    return String.format(
        Locale.ROOT,
        "%s on %d examples: cosine min %s mean %s, largest error %s, same largest value %.3f"
            + " (95 %% sure: %.3f)%s%n%s%s",
        passed() ? "passed" : "failed",
        examples,
        number(minCosine),
        number(meanCosine),
        number(maxError),
        agreement,
        agreementBound,
        metric,
        integrity,
        passed() ? "" : String.format("%nfailed: %s", String.join("; ", failures)));
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.5f", value);
  }
}
