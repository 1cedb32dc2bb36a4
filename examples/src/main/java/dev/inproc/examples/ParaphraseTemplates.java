package dev.inproc.examples;

import java.util.List;

/**
 * What the made-up customers of {@link ParaphraseStream} ask, in several phrasings each. Places
 * {@code {a}} and {@code {b}} are filled from lists. Several intents are hard for an embedding:
 * places may be swapped, numbers and opposites are one word of many.
 */
final class ParaphraseTemplates {
  private static final List<String> CITIES =
      List.of(
          "Paris", "Rome", "Oslo", "Madrid", "Vienna", "Dublin", "Lisbon", "Prague", "Athens",
          "Warsaw", "Berlin", "Geneva");
  private static final List<String> NUMBERS =
      List.of("5", "10", "15", "20", "25", "40", "50", "100", "200", "500");
  private static final List<String> DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
  private static final List<String> PRODUCTS =
      List.of("credit card", "savings account", "phone contract", "travel insurance", "loan");
  private static final List<String> SETTINGS =
      List.of("notifications", "roaming", "dark mode", "two-factor login", "automatic payments");
  private static final List<String> GOODS =
      List.of("shoes", "headphones", "a laptop", "a mattress", "a gift card", "concert tickets");

  /**
   * A kind of question.
   *
   * @param isSwapped whether the same places the other way round are a question too
   * @param templates phrasings with the same answer
   */
  record Intent(List<String> a, List<String> b, boolean isSwapped, List<String> templates) {}

  static final List<Intent> ALL =
      List.of(
          new Intent(
              CITIES,
              CITIES,
              true,
              List.of(
                  "what is the cheapest flight from {a} to {b}?",
                  "how much does the cheapest flight from {a} to {b} cost?",
                  "find me the cheapest flight from {a} to {b}.",
                  "I want to fly from {a} to {b}, what is the cheapest flight?",
                  "show me the cheapest flight to {b} from {a}.")),
          new Intent(
              List.of("first", "last"),
              CITIES,
              false,
              List.of(
                  "when does the {a} train to {b} leave?",
                  "what time is the {a} train to {b}?",
                  "at what time does the {a} train to {b} depart?",
                  "tell me when the {a} train to {b} goes.",
                  "I need the departure time of the {a} train to {b}.")),
          new Intent(
              NUMBERS,
              List.of("kilometres to miles", "miles to kilometres", "pounds to kilograms"),
              false,
              List.of(
                  "convert {a} {b}.",
                  "what is {a} {b}?",
                  "how do I convert {a} {b}?",
                  "please calculate {a} {b}.",
                  "I need {a} {b}.")),
          new Intent(
              CITIES,
              DAYS,
              false,
              List.of(
                  "what will the weather be in {a} on {b}?",
                  "how is the weather in {a} on {b}?",
                  "give me the weather forecast for {a} on {b}.",
                  "what is the forecast for {a} on {b}?",
                  "I would like the weather for {a} on {b}.")),
          new Intent(
              List.of("raise", "lower"),
              PRODUCTS,
              false,
              List.of(
                  "how do I {a} the limit of my {b}?",
                  "can I {a} the limit of my {b}?",
                  "I would like to {a} the limit of my {b}.",
                  "what must I do to {a} my {b} limit?",
                  "{a} the limit of my {b}.")),
          new Intent(
              List.of("on", "off"),
              SETTINGS,
              false,
              List.of(
                  "how do I turn {a} {b}?",
                  "how can I switch {b} {a}?",
                  "where do I turn {b} {a}?",
                  "I want to turn {a} {b}.",
                  "please turn {b} {a}.")),
          new Intent(
              List.of("open", "close"),
              PRODUCTS,
              false,
              List.of(
                  "how do I {a} a {b}?",
                  "what do I need to {a} a {b}?",
                  "I would like to {a} a {b}.",
                  "can I {a} a {b} online?",
                  "which steps does it take to {a} a {b}?")),
          new Intent(
              NUMBERS,
              GOODS,
              false,
              List.of(
                  "can I return {b} after {a} days?",
                  "is it possible to return {b} after {a} days?",
                  "do you take {b} back after {a} days?",
                  "I bought {b} {a} days ago, can I return that?",
                  "after {a} days, can {b} still be returned?")),
          new Intent(
              GOODS,
              List.of("a student discount", "free delivery", "gift wrapping", "an express courier"),
              false,
              List.of(
                  "do you offer {b} for {a}?",
                  "is there {b} for {a}?",
                  "can I get {b} when I buy {a}?",
                  "I am buying {a}, is {b} available?",
                  "does {a} come with {b}?")));

  static final List<String> LEADS =
      List.of(
          "", "", "", "Hi, ", "Hello, ", "Hi there, ", "Good morning, ", "Excuse me, ",
          "Quick question: ", "A question: ", "One more thing: ", "Sorry to bother you, ");

  static final List<String> TAILS =
      List.of("", "", "", " Thanks!", " Thank you.", " Thanks in advance.", " Cheers!");

  private ParaphraseTemplates() {}
}
