package dev.inproc.examples;

import java.util.List;

/**
 * A card payment, with what the bank knows of the card.
 *
 * @param amount in the card's currency
 * @param hour of the day where the card lives, 0 to 23
 * @param foreign whether merchant and card are of different countries
 * @param cardPresent whether the card was there, rather than its number typed in
 * @param lastHour payments with this card in the hour before
 * @param timesUsual the amount as a multiple of what this card usually pays
 * @param accountDays the age of the account
 */
record Transaction(
    float amount,
    int hour,
    Category category,
    boolean foreign,
    boolean cardPresent,
    int lastHour,
    float timesUsual,
    int accountDays) {

  /** What the merchant sells. */
  enum Category {
    GROCERIES(38),
    FUEL(45),
    RESTAURANT(30),
    TRAVEL(260),
    ELECTRONICS(180),
    GIFT_CARDS(60);

    private final float medianAmount;

    Category(float medianAmount) {
      this.medianAmount = medianAmount;
    }

    float medianAmount() {
      return medianAmount;
    }
  }

  /** The names of {@link #features()}, in order. */
  static final List<String> FEATURES =
      List.of(
          "amount",
          "hour",
          "groceries",
          "fuel",
          "restaurant",
          "travel",
          "electronics",
          "gift_cards",
          "foreign",
          "card_present",
          "last_hour",
          "times_usual",
          "account_days");

  /** The numbers that the model sees; the category is one of six columns. */
  float[] features() {
    float[] features = new float[FEATURES.size()];
    features[0] = amount;
    features[1] = hour;
    int next = 2;
    for (Category each : Category.values()) {
      features[next++] = each == category ? 1 : 0;
    }
    features[next] = foreign ? 1 : 0;
    features[next + 1] = cardPresent ? 1 : 0;
    features[next + 2] = lastHour;
    features[next + 3] = timesUsual;
    features[next + 4] = accountDays;
    return features;
  }
}
