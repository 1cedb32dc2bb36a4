package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.Experiment;
import dev.inproc.inference.deploy.ExperimentMetric;
import dev.inproc.inference.deploy.ExperimentPlan;
import dev.inproc.inference.deploy.ExperimentResults;
import dev.inproc.inference.deploy.ExperimentResults.ArmComparison;
import dev.inproc.inference.deploy.ExperimentResults.ArmKeys;
import dev.inproc.inference.deploy.ExperimentResults.ArmScore;
import dev.inproc.inference.deploy.ExperimentResults.Decision;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.OnnxEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two real forests and a copy as arms, under eight threads. */
class ForestExperimentTest {
  private static final int PAYMENTS = 4_000;
  private static final int THREADS = 8;

  private static ModelVersion forest(
      long version, List<TransactionGenerator.Labelled> training, int trees) {
    byte[] bytes =
        TreeEnsembleExport.toOnnx(
            FraudForest.train(training, trees, version), Transaction.FEATURES, FraudForest.CLASSES);
    return ModelVersion.of("fraud", version, ModelSource.bytes("fraud" + version, bytes));
  }

  private static Predictor<Transaction, FraudScore> load(ModelVersion version) {
    return new OnnxEngine()
        .load(version.source())
        .outputs(TreeEnsembleExport.PROBABILITIES)
        .with(Batching.upTo(16))
        .with(new FraudCodec());
  }

  private static double[] scores(
      ModelVersion version, List<TransactionGenerator.Labelled> payments) {
    try (Predictor<Transaction, FraudScore> alone = load(version)) {
      return payments.stream()
          .mapToDouble(each -> alone.predict(each.transaction()).probability())
          .toArray();
    }
  }

  /** Frauds six times over: a forest that suspects more. */
  private static List<TransactionGenerator.Labelled> suspicious(
      List<TransactionGenerator.Labelled> training) {
    List<TransactionGenerator.Labelled> all = new ArrayList<>(training);
    training.stream()
        .filter(TransactionGenerator.Labelled::fraud)
        .forEach(
            each -> {
              for (int i = 0; i < 5; i++) {
                all.add(each);
              }
            });
    return all;
  }

  /** The logarithm of a probability, and no outlier for probabilities near 0. */
  private static double suspicion(double probability) {
    return Math.log(probability + 0.02);
  }

  private static long scored(Experiment experiment) {
    ExperimentResults results = experiment.results();
    return results.metrics().get(1).arms().stream().mapToLong(ArmScore::keys).sum();
  }

  @Test
  @Timeout(60)
  void experimentOfForests_countsEachKeyOnce_andFindsTheTrueDifference()
      throws InterruptedException {
    List<TransactionGenerator.Labelled> training = new TransactionGenerator(7).next(2_000);
    ModelVersion calm = forest(1, training, 10);
    ModelVersion wary = forest(2, suspicious(training), 12);
    List<TransactionGenerator.Labelled> payments = new TransactionGenerator(8).next(PAYMENTS);
    double[] calmScores = scores(calm, payments);
    double[] waryScores = scores(wary, payments);
    double truth = 0;
    for (int i = 0; i < PAYMENTS; i++) {
      truth += (suspicion(waryScores[i]) - suspicion(calmScores[i])) / PAYMENTS;
    }
    ExperimentPlan plan =
        ExperimentPlan.builder()
            .arm("calm", calm, 1)
            .arm("calm too", calm, 1)
            .arm("wary", wary, 2)
            .metric(ExperimentMetric.reported("suspicion", Duration.ofSeconds(3)))
            .metric(ExperimentMetric.share("suspect", Duration.ofSeconds(3)))
            .expectedKeys(PAYMENTS)
            .build();
    Map<String, String> arms = new ConcurrentHashMap<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (Deployment<Transaction, FraudScore> deployment =
            Deployment.<Transaction, FraudScore>builder((version, context) -> load(version))
                .warmUp(List.of(payments.get(0).transaction()))
                .open(calm);
        Experiment experiment = deployment.experiment(plan)) {
      Predictor<Transaction, Answer<FraudScore>> answers = deployment.answers();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int first = t;
        threads.add(
            new Thread(
                () -> {
                  try {
                    for (int i = first; i < PAYMENTS; i += THREADS) {
                      String key = "payment-" + i;
                      Answer<FraudScore> answer =
                          answers.predict(
                              payments.get(i).transaction(),
                              CallOptions.DEFAULT.withAffinityKey(key));
                      String arm = answer.arm().orElseThrow();
                      float score = answer.value().probability();
                      double expected = arm.equals("wary") ? waryScores[i] : calmScores[i];
                      assertEquals(expected, score, 1e-6, arm);
                      experiment.record(key, "suspicion", suspicion(score));
                      if (score > 0.05) {
                        experiment.record(key, "suspect", 1);
                      }
                      arms.put(key, arm);
                    }
                  } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
      if (failure.get() != null) {
        throw new AssertionError("a call failed", failure.get());
      }
      while (scored(experiment) < PAYMENTS) { // until the windows end
        LockSupport.parkNanos(10_000_000);
      }
      ExperimentResults results = experiment.results();
      for (ArmKeys arm : results.arms()) {
        long called = arms.values().stream().filter(arm.arm().name()::equals).count();
        assertEquals(called, arm.keys(), arm::toString);
      }
      assertTrue(!results.sampleRatio().isMismatch(), results::toString);
      List<ArmComparison> scores = results.metric("suspicion").orElseThrow().comparisons();
      assertEquals(Decision.UNDECIDED, scores.get(0).decision(), "the same version");
      assertEquals(Decision.HIGHER, scores.get(1).decision());
      var difference = scores.get(1).difference().orElseThrow();
      assertTrue(difference.low() < truth && truth < difference.high(), truth + " " + difference);
      List<ArmComparison> suspects = results.metric("suspect").orElseThrow().comparisons();
      assertEquals(Decision.UNDECIDED, suspects.get(0).decision(), "the same version");
      assertEquals(Decision.HIGHER, suspects.get(1).decision());
    }
  }
}
