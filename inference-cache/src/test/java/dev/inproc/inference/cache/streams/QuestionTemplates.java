package dev.inproc.inference.cache.streams;

import java.util.List;

/**
 * Phrasings of questions. The phrasings of one row mean the same; {@code {a}} and {@code {b}} are
 * filled in. Rows that follow each other are each other's opposites where marked.
 */
final class QuestionTemplates {
  private QuestionTemplates() {}

  /** What fills the places. */
  enum Slot {
    THING,
    UNIT,
    NUMBER,
    NAME,
    CODE
  }

  /**
   * A question.
   *
   * @param slots what {@code {a}} and {@code {b}} are
   * @param phrasings texts that mean the same
   */
  record Question(List<Slot> slots, List<String> phrasings) {}

  private static Question of(List<Slot> slots, String... phrasings) {
    return new Question(slots, List.of(phrasings));
  }

  private static final List<Slot> THING = List.of(Slot.THING);
  private static final List<Slot> UNITS = List.of(Slot.UNIT, Slot.UNIT);

  static final List<Question> ALL =
      List.of(
          of(
              UNITS,
              "how do I convert {a} to {b}",
              "what is the way to convert {a} to {b}",
              "converting {a} to {b}, how to do it",
              "can you convert {a} to {b} for me"),
          of(
              List.of(Slot.NUMBER, Slot.UNIT),
              "how much is {a} {b}",
              "what is {a} {b} worth",
              "how much would {a} {b} be"),
          of(
              THING,
              "how can I increase my {a}",
              "what is the best way to increase {a}",
              "ways to increase the {a}"),
          of(
              THING,
              "how can I decrease my {a}",
              "what is the best way to decrease {a}",
              "ways to decrease the {a}"),
          of(
              THING,
              "how do I enable {a} on my account",
              "enable {a} on the account, how",
              "I want to enable {a} for my account"),
          of(
              THING,
              "how do I disable {a} on my account",
              "disable {a} on the account, how",
              "I want to disable {a} for my account"),
          of(
              THING,
              "why is {a} important in an economy",
              "what is the reason that {a} is important in economies"),
          of(
              THING,
              "why is {a} not important in an economy",
              "what is the reason that {a} is not important in economies"),
          of(
              List.of(Slot.NAME),
              "who is the head of {a}",
              "tell me who the head of {a} is",
              "what is the name of the head of {a}"),
          of(
              List.of(Slot.NAME, Slot.NAME),
              "when did {a} defeat {b}",
              "in which year did {a} defeat {b}",
              "the year when {a} was to defeat {b}"),
          of(
              List.of(Slot.NAME, Slot.NUMBER),
              "what is the population of {a} in {b}",
              "how many people live in {a} as of {b}, population",
              "population of {a} for {b}"),
          of(
              List.of(Slot.CODE),
              "how do I fix error {a} on the printer",
              "printer shows error {a}, how to fix it",
              "what does the error {a} on a printer mean and how do I fix it"),
          of(
              List.of(Slot.THING, Slot.THING),
              "should I take {a} before {b}",
              "is it good to take {a} before {b}"),
          of(
              List.of(Slot.THING, Slot.THING),
              "should I take {a} after {b}",
              "is it good to take {a} after {b}"));

  static final List<String> THINGS =
      List.of(
          "weight",
          "salary",
          "savings",
          "vocabulary",
          "sleep",
          "blood pressure",
          "traffic",
          "speed",
          "height",
          "appetite",
          "confidence",
          "followers",
          "rent",
          "inflation",
          "vitamin",
          "coffee",
          "exercise",
          "breakfast",
          "medicine",
          "yoga",
          "notifications",
          "roaming",
          "backup",
          "encryption",
          "location sharing",
          "parental control",
          "metabolism",
          "stamina",
          "memory",
          "focus",
          "competition",
          "trade",
          "tourism",
          "farming",
          "banking",
          "taxation");
  static final List<String> UNITS_OF =
      List.of(
          "ethane",
          "ethene",
          "ethanol",
          "miles",
          "kilometres",
          "pounds",
          "kilograms",
          "dollars",
          "euros",
          "rupees",
          "gallons",
          "litres",
          "acres",
          "hectares",
          "celsius",
          "fahrenheit",
          "inches",
          "feet",
          "ounces",
          "grams",
          "pdf files",
          "word files",
          "bytes",
          "megabytes");
  static final List<String> NAMES =
      List.of(
          "Norland",
          "Vesperia",
          "Caldor",
          "Ostia",
          "Meridia",
          "Tarkov",
          "Selene Motors",
          "Quill Software",
          "Brightwater",
          "Aldgate Bank",
          "Harrow Foods",
          "Kestrel Air",
          "Zephyr",
          "Lumen",
          "Orrin",
          "Pallas",
          "Galen",
          "Thessia",
          "Durham Steel",
          "Pinecrest",
          "Anvil Labs",
          "Corvus",
          "Delphi Media",
          "Everly",
          "Fenwick",
          "Granite",
          "Halcyon",
          "Ivory Coast Tea");
  static final List<String> OPENINGS =
      List.of("", "", "", "please tell me, ", "hi, ", "hello, ", "I need to know ", "hey, ", "so ");
  static final List<String> LATER_OPENINGS =
      List.of("quick one: ", "a friend asks ", "for a school essay, ", "urgent, ", "once more: ");
  static final List<String> ENDINGS =
      List.of("", "", "?", "?", " please", " thanks", "? thanks", " today", ", any idea", "??");
}
