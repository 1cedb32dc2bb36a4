package dev.inproc.inference.cache;

import dev.inproc.inference.cache.text.Antonyms;
import dev.inproc.inference.cache.text.NamedTokens;
import dev.inproc.inference.cache.text.Negation;
import dev.inproc.inference.cache.text.Numbers;
import dev.inproc.inference.cache.text.SwappedArguments;
import dev.inproc.inference.cache.text.Tokens;
import java.util.function.BiPredicate;

/**
 * Vetoes for a similarity cache over texts: each says whether two texts differ in something that an
 * embedding hardly shows and that changes the answer. "Convert ethane to ethene" lies nearer to its
 * reverse than to most of its paraphrases.
 *
 * <p>A veto is a predicate that is true where the answer to one text must not serve the other. It
 * is symmetric, and false for equal texts. Vetoes combine by {@link BiPredicate#or}.
 *
 * <p>They know words, not meaning, and are made for English. Some catch differences that do not
 * matter, which costs a hit, and they miss others: they lower the number of wrong hits and promise
 * none. In texts without spaces between words only digits, code-like parts and a few signs of
 * negation are seen. They take time in proportion to the texts' lengths, accept any string
 * (unpaired surrogates too), keep nothing and are thread-safe.
 */
public final class TextVetoes {
  private TextVetoes() {}

  /**
   * Vetoes texts with different numbers: digits of any script, English number words up to billions,
   * percentages, amounts of money, quantities with units, dates, versions, months, weekdays, and
   * today, tomorrow and yesterday. "1,000", "1000" and "one thousand" are equal, as are "5 km" and
   * "5 kilometres"; "5 km" and "3.1 miles" are different, and so are "5k" and "5000". The order of
   * the numbers does not count. The word "one" may be missing from the other text.
   */
  public static BiPredicate<String, String> numbers() {
    return (a, b) -> Numbers.differ(Tokens.of(a), Tokens.of(b));
  }

  /**
   * Vetoes texts of which one has more negations: not, no, never, without, n't (with or without
   * apostrophe), neither, unable and the like, a few such words of other European languages and
   * signs of Chinese; and texts of which one has a word that the other has with un-, in-, im-, ir-,
   * il-, non- or dis- before it. "Or not" at the end of a question counts as nothing.
   */
  public static BiPredicate<String, String> negation() {
    return (a, b) -> Negation.differs(Tokens.of(a), Tokens.of(b));
  }

  /**
   * Vetoes texts in which arguments change places: what stands before and after to, into, from,
   * than, before, after, by, minus, in, per or of in one stands the other way round in the other;
   * and texts of the same words in another order, unless only the beginning has moved to the end.
   * "From Paris to Rome" and "to Rome from Paris" are the same here, as are "tea before lunch" and
   * "lunch after tea". The first 64 such words of a text count.
   */
  public static BiPredicate<String, String> swappedArguments() {
    return (a, b) -> SwappedArguments.differ(Tokens.of(a), Tokens.of(b));
  }

  /**
   * Vetoes texts of which one names something that the other does not mention in any case: words
   * with a capital within a sentence, words in capitals, words with digits, underscores, dots or
   * capitals inside, addresses, URLs. Where nearly all words have capitals, as in a title, capitals
   * say nothing. The first word of a sentence is not taken for a name because of its capital.
   */
  public static BiPredicate<String, String> namedTokens() {
    return (a, b) -> NamedTokens.differ(Tokens.of(a), Tokens.of(b));
  }

  /**
   * Vetoes texts of which one has a word and the other its opposite, of a list of some sixty pairs:
   * increase and decrease, before and after, minimum and maximum, open and close, enable and
   * disable. A text that has both words has neither. "Tea before lunch" and "lunch after tea" are
   * vetoed.
   */
  public static BiPredicate<String, String> antonyms() {
    return (a, b) -> Antonyms.differ(Tokens.of(a), Tokens.of(b));
  }

  /** Vetoes what any of the vetoes of this class does; it reads each text once. */
  public static BiPredicate<String, String> all() {
    return (a, b) -> {
      Tokens first = Tokens.of(a);
      Tokens second = Tokens.of(b);
      return Numbers.differ(first, second)
          || Negation.differs(first, second)
          || Antonyms.differ(first, second)
          || NamedTokens.differ(first, second)
          || SwappedArguments.differ(first, second);
    };
  }
}
