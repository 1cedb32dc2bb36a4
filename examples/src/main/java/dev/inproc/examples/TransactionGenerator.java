package dev.inproc.examples;

import dev.inproc.examples.Transaction.Category;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Makes up transactions. Fraud follows a rule with chance in it, as in life: no single sign gives
 * it away, some signs count only together, and a share of it looks like any other payment.
 */
final class TransactionGenerator {
  // Log-odds. About one payment in thirty is a fraud: more than in life, enough to learn from.
  private static final double BASE = -5.5;
  private static final List<Category> CATEGORIES = List.of(Category.values());

  private final Random random;

  /** A transaction and the truth about it. */
  record Labelled(Transaction transaction, boolean fraud) {}

  TransactionGenerator(long seed) {
    random = new Random(seed);
  }

  List<Labelled> next(int count) {
    List<Labelled> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Transaction transaction = transaction();
      double odds = Math.exp(logOdds(transaction));
      all.add(new Labelled(transaction, random.nextDouble() < odds / (1 + odds)));
    }
    return all;
  }

  private Transaction transaction() {
    Category category = CATEGORIES.get(random.nextInt(CATEGORIES.size()));
    double timesUsual = Math.exp(0.7 * random.nextGaussian());
    double amount = category.medianAmount() * timesUsual;
    boolean online = category != Category.FUEL && random.nextDouble() < 0.4;
    return new Transaction(
        cents(amount),
        hour(),
        category,
        random.nextDouble() < (category == Category.TRAVEL ? 0.35 : 0.06),
        !online,
        lastHour(),
        cents(timesUsual),
        1 + (int) (-900 * Math.log(1 - random.nextDouble())));
  }

  /** Mostly by day. */
  private int hour() {
    return random.nextDouble() < 0.12
        ? random.nextInt(6)
        : Math.floorMod((int) Math.round(14.5 + 4 * random.nextGaussian()), 24);
  }

  /** Mostly none, seldom a burst. */
  private int lastHour() {
    int payments = random.nextDouble() < 0.04 ? 2 + random.nextInt(8) : 0;
    while (random.nextDouble() < 0.18) {
      payments++;
    }
    return payments;
  }

  private static double logOdds(Transaction t) {
    double odds = BASE;
    odds += t.foreign() ? 1.2 : 0;
    odds += t.cardPresent() ? -0.8 : 0.7;
    odds += 0.55 * Math.min(t.lastHour(), 8);
    odds += 1.1 * Math.max(0, Math.log(t.timesUsual()));
    odds += t.hour() < 6 ? 0.9 : 0;
    odds += t.accountDays() < 60 ? 1.3 : 0;
    odds += t.category() == Category.GIFT_CARDS ? 1.1 : 0;
    odds += t.category() == Category.ELECTRONICS && !t.cardPresent() ? 1.0 : 0;
    // Abroad and by night is a trip; abroad with the number typed in is not.
    odds += t.foreign() && !t.cardPresent() ? 1.6 : 0;
    odds -= t.foreign() && t.category() == Category.TRAVEL ? 1.5 : 0;
    return odds;
  }

  private static float cents(double value) {
    return Math.round(value * 100) / 100f;
  }
}
