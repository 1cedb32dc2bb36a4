package dev.inproc.examples;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.tribuo.classification.Label;
import org.tribuo.ensemble.WeightedEnsembleModel;

/**
 * Trains a random forest on made-up card payments, writes it as ONNX as scikit-learn's exporter
 * would, and scores payments with it: typed objects in and out, microseconds a payment.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package exec:java \
 *     -Dexec.mainClass=dev.inproc.examples.FraudScoring
 * }</pre>
 */
public final class FraudScoring {
  private static final long SEED = 7;
  private static final int PAYMENTS = 12_000;
  private static final int TREES = 40;
  private static final int SAMPLES = 8;
  private static final int WARM_UP = 20_000;
  private static final int MEASURED = 100_000;

  private FraudScoring() {}

  /** Takes no arguments. */
  public static void main(String[] args) {
    run(new PrintStream(System.out, true, StandardCharsets.UTF_8), PAYMENTS, TREES, MEASURED);
  }

  static void run(PrintStream out, int payments, int trees, int measured) {
    TransactionGenerator generator = new TransactionGenerator(SEED);
    List<TransactionGenerator.Labelled> training = generator.next(payments);
    List<TransactionGenerator.Labelled> heldOut = generator.next(payments / 2);

    long start = System.nanoTime();
    byte[] model = Progress.during("Training a random forest", () -> train(training, trees));
    out.printf(
        Locale.ROOT,
        "Trained %d trees on %,d payments in %.1f s; the ONNX file has %,d kB%n%n",
        trees,
        payments,
        (System.nanoTime() - start) / 1e9,
        model.length / 1024);

    try (Session session = new OnnxEngine().load(ModelSource.bytes("fraud", model));
        Predictor<Transaction, FraudScore> scorer =
            session.outputs(TreeEnsembleExport.PROBABILITIES).with(new FraudCodec())) {
      List<Transaction> transactions =
          heldOut.stream().map(TransactionGenerator.Labelled::transaction).toList();
      List<FraudScore> scores = scorer.predictAll(transactions);
      printSample(heldOut, scores, out);
      List<Float> fraud = new ArrayList<>();
      List<Float> legitimate = new ArrayList<>();
      for (int i = 0; i < scores.size(); i++) {
        (heldOut.get(i).fraud() ? fraud : legitimate).add(scores.get(i).probability());
      }
      out.printf(
          Locale.ROOT,
          "%nROC AUC on %,d held-out payments, %d of them fraud: %.3f%n%n",
          scores.size(),
          fraud.size(),
          RocAuc.of(fraud, legitimate));
      measure(scorer, transactions, measured, out);
    }
  }

  private static byte[] train(List<TransactionGenerator.Labelled> training, int trees) {
    WeightedEnsembleModel<Label> forest = FraudForest.train(training, trees, SEED);
    return TreeEnsembleExport.toOnnx(forest, Transaction.FEATURES, FraudForest.CLASSES);
  }

  /** The likeliest frauds, then payments ever further down the list. */
  private static void printSample(
      List<TransactionGenerator.Labelled> heldOut, List<FraudScore> scores, PrintStream out) {
    Integer[] order = new Integer[scores.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    Comparator<Integer> byScore = Comparator.comparingDouble(i -> scores.get(i).probability());
    Arrays.sort(order, byScore.reversed());
    out.printf(
        Locale.ROOT,
        "%9s%6s  %-13s%-8s%-8s%9s%9s%9s  %s%n",
        "amount",
        "hour",
        "category",
        "abroad",
        "online",
        "last hour",
        "account",
        "score",
        "truth");
    int rank = 0;
    for (int row = 0; row < SAMPLES; row++) {
      TransactionGenerator.Labelled each = heldOut.get(order[rank]);
      Transaction t = each.transaction();
      out.printf(
          Locale.ROOT,
          "%9.2f%6d  %-13s%-8s%-8s%9d%7d d%9.3f  %s%n",
          t.amount(),
          t.hour(),
          t.category().name().toLowerCase(Locale.ROOT),
          t.foreign() ? "yes" : "",
          t.cardPresent() ? "" : "yes",
          t.lastHour(),
          t.accountDays(),
          scores.get(order[rank]).probability(),
          each.fraud() ? "fraud" : "");
      rank = Math.min(order.length - 1, Math.max(rank + 1, rank * 4));
    }
  }

  private static void measure(
      Predictor<Transaction, FraudScore> scorer,
      List<Transaction> transactions,
      int measured,
      PrintStream out) {
    Histogram latencies =
        Progress.during("Measuring", () -> latencies(scorer, transactions, measured));
    long start = System.nanoTime();
    int rounds = 5;
    for (int i = 0; i < rounds; i++) {
      scorer.predictAll(transactions);
    }
    double each = (System.nanoTime() - start) / 1e3 / rounds / transactions.size();
    out.printf(
        Locale.ROOT,
        "One payment a call:  P50 %.1f µs, P95 %.1f µs, P99 %.1f µs%n",
        latencies.getValueAtPercentile(50) / 1e3,
        latencies.getValueAtPercentile(95) / 1e3,
        latencies.getValueAtPercentile(99) / 1e3);
    out.printf(
        Locale.ROOT, "All %,d by predictAll: %.2f µs a payment%n", transactions.size(), each);
  }

  private static Histogram latencies(
      Predictor<Transaction, FraudScore> scorer, List<Transaction> transactions, int measured) {
    Histogram latencies = new Histogram(3);
    for (int i = 0; i < WARM_UP + measured; i++) {
      Transaction transaction = transactions.get(i % transactions.size());
      long start = System.nanoTime();
      scorer.predict(transaction);
      if (i >= WARM_UP) {
        latencies.recordValue(System.nanoTime() - start);
      }
    }
    return latencies;
  }
}
