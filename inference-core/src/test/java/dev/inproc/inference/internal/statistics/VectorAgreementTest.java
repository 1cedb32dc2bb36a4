package dev.inproc.inference.internal.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class VectorAgreementTest {
  private final VectorAgreement agreement = new VectorAgreement();

  @Test
  void figures_ofVectorsByHand_areThese() {
    agreement.add(new float[] {3, 4}, new float[] {4, 3}); // cosine 24 / 25
    agreement.add(new float[] {1, 2}, new float[] {2, 4}); // cosine 1, the same place
    agreement.add(new float[2], new float[2]);
    assertEquals(3, agreement.count());
    assertEquals(0.96, agreement.minCosine(), 1e-12);
    assertEquals(2.96 / 3, agreement.meanCosine(), 1e-12);
    assertEquals(2, agreement.maxError());
    assertEquals(2 / 3.0, agreement.agreement(), 1e-12);
    assertEquals(Proportions.lowerBound(2, 3), agreement.agreementBound());
  }

  @Test
  void differenceThatIsNoNumber_countsAsInfinite_andStays() {
    agreement.add(new float[] {1, 2}, new float[] {1, Float.NaN});
    agreement.add(new float[] {1, 2}, new float[] {1, 2});
    assertEquals(Double.POSITIVE_INFINITY, agreement.maxError());
    assertEquals(Double.NEGATIVE_INFINITY, agreement.minCosine());
    assertEquals(Double.NaN, agreement.meanCosine());
  }

  @Test
  void vectorsOfOtherLengthsOrEmpty_areAsFarApartAsCanBe() {
    for (float[] other : new float[][] {{1, 2}, {}}) {
      VectorAgreement lengths = new VectorAgreement();
      lengths.add(other.length == 0 ? other : new float[] {1}, other);
      assertEquals(Double.NEGATIVE_INFINITY, lengths.minCosine());
      assertEquals(Double.POSITIVE_INFINITY, lengths.maxError());
      assertEquals(0, lengths.agreement());
    }
  }

  @Test
  void lowerBound_ofKnownShares_isThePublishedOne() {
    assertEquals(0.2366, Proportions.lowerBound(5, 10), 0.001);
    assertEquals(0.7225, Proportions.lowerBound(10, 10), 0.001);
    assertEquals(0.9630, Proportions.lowerBound(100, 100), 0.001);
    assertEquals(0, Proportions.lowerBound(0, 10), 1e-9);
  }
}
