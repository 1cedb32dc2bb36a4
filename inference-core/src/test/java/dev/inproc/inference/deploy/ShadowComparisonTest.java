package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.ShadowMetrics.Agreement;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When two answers agree, with values by hand. */
class ShadowComparisonTest {
  private static <O> Agreement compare(ShadowPlan<Object, O> plan, List<O> pairs) {
    ShadowComparison<O> comparison = new ShadowComparison<>(plan, version(1));
    for (int i = 0; i < pairs.size(); i += 2) {
      comparison.add(pairs.get(i), pairs.get(i + 1));
    }
    return comparison.agreement();
  }

  private static <O> ShadowPlan<Object, O> plan() {
    return ShadowPlan.of(version(2));
  }

  @Test
  void vectors_agreeByTheirLargestValue() {
    Agreement found =
        compare(
            plan(),
            List.of(
                new float[] {3, 4}, new float[] {4, 3}, // cosine 24 / 25
                new float[] {1, 2}, new float[] {2, 4},
                new float[] {1, 2}, new float[] {-1, 2})); // cosine 3 / 5
    assertEquals(3, found.pairs());
    assertEquals(2, found.agreeing());
    assertEquals(2 / 3.0, found.share(), 1e-12);
    assertEquals(0.2077, found.bound(), 1e-4); // Wilson's interval of 2 of 3
    assertEquals(0.6, found.minCosine(), 1e-12);
    assertEquals((0.96 + 1 + 0.6) / 3, found.meanCosine(), 1e-12);
    assertEquals(2, found.maxError());
  }

  @Test
  void answersThatAreNoNumbers_doNotAgree() {
    float[] classes = {0.9f, 0.1f};
    Agreement found =
        compare(plan(), List.of(classes, new float[] {Float.NaN, Float.NaN}, classes, classes));
    assertEquals(1, found.agreeing());
    assertEquals(Double.POSITIVE_INFINITY, found.maxError());
    found = compare(plan(), List.of(0.5, Double.NaN));
    assertEquals(0, found.agreeing());
    found = compare(ShadowComparisonTest.<Double>plan().withTolerance(9), List.of(0.5, Double.NaN));
    assertEquals(0, found.agreeing());
  }

  @Test
  void singleNumbers_agreeIfEqual_orWithinTheTolerance() {
    List<Double> pairs = List.of(0.5, 0.5, 0.5, 0.75, 0.5, 1.0);
    assertEquals(1, compare(plan(), pairs).agreeing());
    assertEquals(
        2, compare(ShadowComparisonTest.<Double>plan().withTolerance(0.25), pairs).agreeing());
    assertEquals(0.5, compare(plan(), pairs).maxError());
  }

  @Test
  void tolerance_concernsEachValueOfAVector() {
    ShadowPlan<Object, float[]> plan = ShadowComparisonTest.<float[]>plan().withTolerance(0.1);
    assertEquals(
        1,
        compare(
                plan,
                List.of(
                    new float[] {1, 2}, new float[] {1.05f, 2.05f},
                    new float[] {1, 2}, new float[] {1, 2.2f}))
            .agreeing());
  }

  @Test
  void predicate_decidesAlone() {
    ShadowPlan<Object, double[]> plan =
        ShadowComparisonTest.<double[]>plan()
            .withTolerance(0)
            .withAgreement((primary, shadow) -> Math.signum(primary[0]) == Math.signum(shadow[0]));
    Agreement found =
        compare(plan, List.of(new double[] {1}, new double[] {5}, new double[] {1}, new double[1]));
    assertEquals(1, found.agreeing());
    assertEquals(4, found.maxError());
  }

  @Test
  void answersWithoutAVector_agreeIfEqual() {
    Agreement found =
        compare(plan(), List.of("yes", "yes", "yes", "no", List.of(1, 2), List.of(1, 2)));
    assertEquals(2, found.agreeing());
    assertEquals(Double.NaN, found.minCosine());
    assertEquals(Double.NaN, found.meanCosine());
    assertEquals(0, found.maxError());
    found = compare(plan(), List.of(new long[] {1, 2}, new long[] {1, 2}));
    assertEquals(1, found.agreeing());
  }

  @Test
  void answersOfUnlikeKinds_doNotAgree() {
    Agreement found = compare(plan(), List.of(1.0, "1.0", new float[2], new float[3]));
    assertEquals(0, found.agreeing());
    assertEquals(Double.POSITIVE_INFINITY, found.maxError());
  }

  @Test
  void tensors_areComparedByTheirFloats() {
    Tensors one = Tensors.of("y", Tensor.of(new float[] {1, 2}), "n", Tensor.of(new long[] {7}));
    Tensors other = Tensors.of("y", Tensor.of(new float[] {1, 3}), "n", Tensor.of(new long[] {8}));
    Agreement found = compare(plan(), List.of(one, other));
    assertEquals(1, found.agreeing());
    assertEquals(1, found.maxError());
    Tensors labels = Tensors.of("n", Tensor.of(new long[] {7}));
    assertEquals(
        1,
        compare(plan(), List.of(labels, labels, labels, Tensors.of("n", Tensor.of(new long[] {8}))))
            .agreeing());
    float[][] rows = {{1, 2}, {3, 4}};
    assertEquals(1, compare(plan(), List.of(rows, new float[][] {{1, 2}, {3, 5}})).maxError());
  }

  @Test
  void failures_lowerTheShare() {
    ShadowComparison<Double> comparison = new ShadowComparison<>(plan(), version(1));
    for (int i = 0; i < 9; i++) {
      comparison.add(1.0, 1.0);
    }
    assertEquals(Optional.empty(), comparison.refusal(new ShadowGate(9, 0.70)));
    comparison.addFailure();
    assertEquals(0.9, comparison.agreement().share());
    assertEquals(0.5958, comparison.agreement().bound(), 1e-4); // Wilson's interval of 9 of 10
    assertTrue(comparison.refusal(new ShadowGate(9, 0.6)).orElseThrow().contains("9 of 10"));
    assertEquals(Optional.empty(), comparison.refusal(new ShadowGate(9, 0.595)));
    comparison.against(version(1));
    assertEquals(9, comparison.agreement().pairs());
    comparison.against(version(3));
    assertEquals(0, comparison.agreement().pairs());
    assertEquals(Double.NaN, comparison.agreement().share());
    assertTrue(comparison.refusal(new ShadowGate(1, 0)).isPresent());
  }

  @Test
  void gateOutsideItsRange_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ShadowGate(0, 0.9));
    assertThrows(IllegalArgumentException.class, () -> new ShadowGate(1, 1.1));
    assertThrows(IllegalArgumentException.class, () -> new ShadowGate(1, Double.NaN));
  }
}
