package dev.inproc.examples;

import java.util.List;

/**
 * What the made-up callers of {@link ParaphraseStream} ask, in several phrasings each. The places
 * {@code {a}} and {@code {b}} are filled from lists. The last three intents are hard for an
 * embedding: swapped places, opposites and numbers hardly move it, and change the answer.
 */
final class ParaphraseTemplates {
  private static final List<String> NOTHING = List.of("");
  private static final List<String> CITIES = List.of("Paris", "Oslo", "Lisbon");

  /**
   * A kind of question.
   *
   * @param a what may stand at {@code {a}}
   * @param b what may stand at {@code {b}}
   * @param templates phrasings with the same answer
   */
  record Intent(List<String> a, List<String> b, List<String> templates) {}

  static final List<Intent> ALL =
      List.of(
          new Intent(
              List.of(
                  "gym membership",
                  "newspaper subscription",
                  "hotel booking",
                  "dentist appointment",
                  "phone contract",
                  "car insurance",
                  "language course",
                  "meal box"),
              NOTHING,
              List.of(
                  "how do I cancel my {a}?",
                  "I want to cancel my {a}.",
                  "can I cancel my {a}?",
                  "what do I have to do to cancel my {a}?",
                  "please cancel my {a}.",
                  "how can I get out of my {a}?")),
          new Intent(
              List.of(
                  "washing machine",
                  "bicycle",
                  "espresso machine",
                  "roof",
                  "laptop screen",
                  "garden hose",
                  "piano",
                  "wristwatch"),
              NOTHING,
              List.of(
                  "how do I repair my {a}?",
                  "my {a} is broken, how can I fix it?",
                  "what can I do about a broken {a}?",
                  "how can I mend a {a}?",
                  "I need to fix my {a}.",
                  "can you help me repair a {a}?")),
          new Intent(
              List.of(
                  "pancakes",
                  "lasagne",
                  "apple pie",
                  "sushi",
                  "goulash",
                  "onion soup",
                  "hummus",
                  "brownies"),
              NOTHING,
              List.of(
                  "how do I make {a}?",
                  "what is a good recipe for {a}?",
                  "give me a recipe for {a}.",
                  "how is {a} made at home?",
                  "I would like to cook {a}.",
                  "what do I need to prepare {a}?")),
          new Intent(
              List.of(
                  "chess",
                  "juggling",
                  "swimming",
                  "calligraphy",
                  "knitting",
                  "skiing",
                  "programming",
                  "the guitar"),
              NOTHING,
              List.of(
                  "how can I learn {a}?",
                  "what is the best way to learn {a}?",
                  "I want to learn {a}.",
                  "how should a beginner start with {a}?",
                  "how do I get started with {a}?",
                  "how would you teach {a} to a beginner?")),
          new Intent(
              List.of(
                  "tomatoes",
                  "roses",
                  "an olive tree",
                  "orchids",
                  "potatoes",
                  "basil",
                  "a lawn",
                  "strawberries"),
              NOTHING,
              List.of(
                  "how do I grow {a}?",
                  "what is the best way to grow {a}?",
                  "what do I need for growing {a}?",
                  "I would like to grow {a} in my garden.",
                  "can you tell me how to grow {a}?",
                  "what should I know about growing {a}?")),
          new Intent(
              List.of(
                  "elephants",
                  "parrots",
                  "goldfish",
                  "turtles",
                  "bees",
                  "horses",
                  "hamsters",
                  "whales"),
              NOTHING,
              List.of(
                  "how long do {a} live?",
                  "what is the life expectancy of {a}?",
                  "how old can {a} get?",
                  "tell me the lifespan of {a}.",
                  "up to what age do {a} live?",
                  "how many years do {a} live?")),
          new Intent(
              List.of(
                  "a headache",
                  "sunburn",
                  "a cold",
                  "a sprained ankle",
                  "hay fever",
                  "insomnia",
                  "a cough",
                  "a mosquito bite"),
              NOTHING,
              List.of(
                  "what helps against {a}?",
                  "how do I treat {a}?",
                  "what can I do about {a}?",
                  "how can I get rid of {a}?",
                  "is there a good remedy for {a}?",
                  "I suffer from {a}, what helps?")),
          new Intent(
              List.of(
                  "the telephone",
                  "dynamite",
                  "the microscope",
                  "paper money",
                  "the steam engine",
                  "the zip fastener",
                  "chocolate bars",
                  "the parachute"),
              NOTHING,
              List.of(
                  "who invented {a}?",
                  "who was the inventor of {a}?",
                  "tell me who invented {a}.",
                  "who came up with {a}?",
                  "by whom was {a} invented?",
                  "do you know who invented {a}?")),
          new Intent(
              CITIES,
              CITIES,
              List.of(
                  "what is the cheapest flight from {a} to {b}?",
                  "find me the cheapest flight from {a} to {b}.",
                  "show me the cheapest flight to {b} from {a}.",
                  "I want to fly from {a} to {b}, what is the cheapest flight?")),
          new Intent(
              List.of("on", "off"),
              List.of("roaming", "dark mode", "the alarm"),
              List.of(
                  "how do I turn {a} {b}?",
                  "how can I switch {b} {a}?",
                  "I want to turn {a} {b}.",
                  "please turn {b} {a}.")),
          new Intent(
              List.of("5", "50", "500"),
              List.of("kilometres to miles", "miles to kilometres"),
              List.of(
                  "convert {a} {b}.",
                  "what is {a} {b}?",
                  "how do I convert {a} {b}?",
                  "please calculate {a} {b}.")));

  static final List<String> LEADS = List.of("", "", "", "Hi, ", "Hello, ", "Please tell me: ");

  static final List<String> TAILS = List.of("", "", "", " Thanks!", " Thank you.");

  private ParaphraseTemplates() {}
}
