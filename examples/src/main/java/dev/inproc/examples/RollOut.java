package dev.inproc.examples;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.Rollout;
import dev.inproc.inference.deploy.RolloutForecast;
import dev.inproc.inference.deploy.RolloutMetrics;
import dev.inproc.inference.deploy.RolloutMetrics.TriggerMetrics;
import dev.inproc.inference.deploy.RolloutPlan;
import dev.inproc.inference.deploy.RolloutStep;
import dev.inproc.inference.deploy.RolloutTraffic;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.OnnxEngine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Rolls two versions of a fraud model out under load: a good one, which takes each step and is
 * promoted, and one whose training had the labels swapped, which goes back by itself. Prints each
 * second what the triggers have counted.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package exec:java -Dexec.mainClass=dev.inproc.examples.RollOut
 * }</pre>
 */
public final class RollOut {
  private static final int PAYMENTS = 12_000;
  private static final int PAYMENTS_A_SECOND = 1_000;
  private static final int CARDS = 5_000;
  private static final long SEED = 7;
  private static final int TREES = 40;

  private RollOut() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws InterruptedException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    run(out, PAYMENTS, Duration.ofSeconds(8));
  }

  /**
   * Rolls both versions out.
   *
   * @param step how long each step takes at least
   * @return the ends of both rollouts
   */
  static List<RolloutMetrics> run(PrintStream out, int payments, Duration step)
      throws InterruptedException {
    List<TransactionGenerator.Labelled> training = new TransactionGenerator(SEED).next(payments);
    List<TransactionGenerator.Labelled> swapped =
        training.stream()
            .map(each -> new TransactionGenerator.Labelled(each.transaction(), !each.fraud()))
            .toList();
    List<Transaction> transactions =
        training.stream().map(TransactionGenerator.Labelled::transaction).toList();
    List<RolloutMetrics> ends = new ArrayList<>();
    try (Deployment<Transaction, FraudScore> fraud = deployment(training, transactions)) {
      PacedCalls<Transaction> calls =
          new PacedCalls<>(
              fraud.answers(), transactions, RollOut::ofCard, PAYMENTS_A_SECOND, "all");
      try {
        ends.add(rollOut(out, fraud, version(2, training, TREES + 20), step));
        ends.add(rollOut(out, fraud, version(3, swapped, TREES), step));
      } finally {
        calls.end();
      }
      PacedCalls.Phase all = Objects.requireNonNull(calls.phases().get("all"));
      out.printf(
          Locale.ROOT,
          "%n%d calls, %d failed, p99 %.2f ms, answered by %s%n",
          all.calls(),
          all.failed(),
          all.millis(99),
          all.versions());
    }
    return ends;
  }

  /** All payments with one card go to the same version. */
  private static CallOptions ofCard(int payment) {
    return CallOptions.DEFAULT.withAffinityKey("card-" + payment % CARDS);
  }

  private static ModelVersion version(
      long number, List<TransactionGenerator.Labelled> training, int trees) {
    byte[] forest =
        TreeEnsembleExport.toOnnx(
            FraudForest.train(training, trees, SEED), Transaction.FEATURES, FraudForest.CLASSES);
    return ModelVersion.of("fraud", number, ModelSource.bytes("fraud", forest));
  }

  private static Deployment<Transaction, FraudScore> deployment(
      List<TransactionGenerator.Labelled> training, List<Transaction> samples) {
    return Deployment.<Transaction, FraudScore>builder(
            (version, lane) ->
                lane.session(
                        () ->
                            new OnnxEngine()
                                .load(version.source())
                                .outputs(TreeEnsembleExport.PROBABILITIES))
                    .with(Batching.upTo(64))
                    .with(new FraudCodec()))
        .warmUp(samples.subList(0, 8))
        .open(version(1, training, TREES));
  }

  private static RolloutMetrics rollOut(
      PrintStream out,
      Deployment<Transaction, FraudScore> fraud,
      ModelVersion candidate,
      Duration step)
      throws InterruptedException {
    RolloutPlan<Transaction, FraudScore> plan =
        RolloutPlan.<Transaction, FraudScore>to(candidate)
            .withSteps(
                new RolloutStep(0.25, step, 50),
                new RolloutStep(0.5, step, 50),
                new RolloutStep(1, Duration.ZERO, 0))
            .withBake(Duration.ofSeconds(2))
            .withScore(FraudScore::probability);
    out.printf("%nRolling out %s. What the plan can find:%n", candidate);
    out.print(RolloutForecast.of(plan, new RolloutTraffic(PAYMENTS_A_SECOND, CARDS, 0.001)));
    Rollout rollout = fraud.rollOut(plan);
    while (!rollout.state().isTerminal()) {
      Thread.sleep(1_000);
      print(out, rollout.metrics());
    }
    RolloutMetrics end = rollout.metrics();
    out.println("  " + end.reason());
    out.println("  serving: " + fraud.version());
    return end;
  }

  private static void print(PrintStream out, RolloutMetrics now) {
    out.printf(
        Locale.ROOT,
        "  %-11s %3.0f %%  calls %5d / %-5d",
        now.state().name().toLowerCase(Locale.ROOT),
        100 * now.canaryShare(),
        now.canaryCalls(),
        now.controlCalls());
    for (TriggerMetrics trigger : now.triggers()) {
      out.printf(
          Locale.ROOT,
          "  %s %d/%d %.2g",
          trigger.trigger().name().toLowerCase(Locale.ROOT),
          trigger.canaryVotes(),
          trigger.controlVotes(),
          trigger.evidence());
    }
    out.println();
  }
}
