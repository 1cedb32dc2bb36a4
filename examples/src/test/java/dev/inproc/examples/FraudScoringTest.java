package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FraudScoringTest {
  @Test
  void run_fewPayments_tellsFraudFromTheRest() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    FraudScoring.run(out, 4000, 20, 1000);
    String text = bytes.toString(StandardCharsets.UTF_8);
    Matcher auc = Pattern.compile("ROC AUC .*: (0\\.\\d+)").matcher(text);
    assertTrue(auc.find(), text);
    assertTrue(Double.parseDouble(auc.group(1)) > 0.8, text);
    text.lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }

  @Test
  void generator_sameSeed_makesTheSamePayments() {
    assertEquals(new TransactionGenerator(1).next(50), new TransactionGenerator(1).next(50));
  }

  @Test
  void rocAuc_knownScores_countsPairsInOrder() {
    assertEquals(1, RocAuc.of(List.of(0.8f, 0.9f), List.of(0.1f, 0.2f)));
    assertEquals(0, RocAuc.of(List.of(0.1f), List.of(0.9f, 0.8f)));
    assertEquals(0.5, RocAuc.of(List.of(0.5f, 0.5f), List.of(0.5f)));
    // 3 of the 4 pairs are in order.
    assertEquals(0.75, RocAuc.of(List.of(0.3f, 0.9f), List.of(0.5f, 0.1f)));
  }

  @Test
  void transactionFeatures_names_areAsManyAsValues() {
    Transaction transaction =
        new Transaction(1, 2, Transaction.Category.TRAVEL, true, false, 3, 4, 5);
    float[] features = transaction.features();
    assertEquals(Transaction.FEATURES.size(), features.length);
    assertEquals(1, features[Transaction.FEATURES.indexOf("travel")]);
    assertEquals(0, features[Transaction.FEATURES.indexOf("fuel")]);
    assertEquals(1, features[Transaction.FEATURES.indexOf("foreign")]);
    assertEquals(5, features[Transaction.FEATURES.indexOf("account_days")]);
  }
}
