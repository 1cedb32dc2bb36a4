package dev.inproc.inference.cache.streams;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.cache.risk.ServingRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The rule over generated streams, without a bound, against thresholds chosen in hindsight. */
class StreamsTest {
  private static final double AUDITED = 0.15;
  private static final double AIM = 0.55;

  private static Simulation rule(List<StreamRequest> stream, double delta) {
    return Simulation.of(new ServingRule(new double[] {AIM * delta}, 0), AUDITED, 5).run(stream);
  }

  /** Asserts that no threshold with at most the same share of wrong hits has many more hits. */
  private static void assertNearBestThreshold(List<StreamRequest> stream, Simulation rule) {
    for (double cosine : new double[] {0.99, 0.93, 0.87}) {
      Simulation fixed = Simulation.threshold(cosine, AUDITED, 5).run(stream);
      if (fixed.wrongShare() <= rule.wrongShare()) {
        assertTrue(rule.hits() >= 0.7 * fixed.hits(), rule + " at " + cosine + ": " + fixed);
      }
    }
  }

  @Test
  void texts_areServedAsByTheBestThreshold() {
    List<StreamRequest> stream = TextStream.of(1, 4000).generate();
    Simulation rule = rule(stream, 0.05);
    assertNearBestThreshold(stream, rule);
    assertTrue(rule.hits() > 600 && rule.wrongShare() < 0.05, rule.toString());
  }

  @Test
  void clusters_areServedAsByTheBestThreshold() {
    List<StreamRequest> stream = ClusterStream.of(4, 4000).generate();
    Simulation rule = rule(stream, 0.05);
    assertNearBestThreshold(stream, rule);
    assertTrue(rule.hits() > 1200 && rule.wrongShare() < 0.05, rule.toString());
  }

  @Test
  void drift_leavesTheLastHitsWithinTwiceThePromise() {
    Simulation texts = rule(TextStream.of(3, 5000).withDrift().generate(), 0.05);
    assertTrue(texts.hits() > 100 && texts.wrongShareOfLast(2000) <= 0.1, texts.toString());
    Simulation clusters = rule(ClusterStream.of(5, 5000).withDrift().generate(), 0.05);
    assertTrue(
        clusters.hits() > 100 && clusters.wrongShareOfLast(2000) <= 0.1, clusters.toString());
  }

  /** The rule gives no bound against an adversary; it stops serving, and the bound has to hold. */
  @Test
  void adversary_isServedLittle() {
    Adversary adversary = new Adversary(9);
    Simulation cache = Simulation.of(new ServingRule(new double[] {AIM * 0.05}, 0), AUDITED, 5);
    boolean hit = false;
    for (int i = 0; i < 4000; i++) {
      Simulation.Outcome outcome = cache.request(adversary.next(hit));
      hit = outcome == Simulation.Outcome.HIT || outcome == Simulation.Outcome.WRONG_HIT;
    }
    assertTrue(cache.hits() > 0 && cache.wrong() < 300, cache.toString());
  }

  @Test
  void repeats_areExactHits() {
    Simulation cache = rule(TextStream.of(2, 5000).withRepeats(0.9).generate(), 0.05);
    assertTrue(cache.exact() > 4000, cache.toString());
  }

  @Test
  void generators_ofOneSeed_giveOneStream() {
    List<StreamRequest> once = TextStream.of(1, 50).generate();
    List<StreamRequest> again = TextStream.of(1, 50).generate();
    for (int i = 0; i < 50; i++) {
      assertEquals(once.get(i).text(), again.get(i).text());
      assertArrayEquals(once.get(i).vector(), again.get(i).vector());
      assertEquals(1, Sphere.dot(once.get(i).vector(), once.get(i).vector()), 1e-5);
    }
  }

  @Test
  void files_ofAStream_readAsTheStream(@TempDir Path directory) throws IOException {
    List<StreamRequest> stream = new QuestionStream(3, 384).generate(20);
    StreamFiles.write(stream, directory.resolve("s.tsv"), directory.resolve("s.f32"));
    List<StreamRequest> read =
        StreamFiles.read(directory.resolve("s.tsv"), directory.resolve("s.f32"));
    assertEquals(20, read.size());
    for (int i = 0; i < 20; i++) {
      assertEquals(stream.get(i).text(), read.get(i).text());
      assertEquals(stream.get(i).answer(), read.get(i).answer());
      assertArrayEquals(stream.get(i).vector(), read.get(i).vector());
    }
  }

  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void questions_areServedAtEachPromise() {
    List<StreamRequest> stream = new QuestionStream(1, 384).generate(56_308);
    double[] deltas = {0.05, 0.02, 0.01};
    int[] least = {10_500, 5_500, 2_000};
    for (int i = 0; i < deltas.length; i++) {
      Simulation rule = rule(stream, deltas[i]);
      System.out.println(deltas[i] + ": " + rule);
      assertTrue(rule.hits() >= least[i] && rule.wrongShare() < deltas[i], rule.toString());
    }
  }
}
