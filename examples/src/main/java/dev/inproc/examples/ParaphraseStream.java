package dev.inproc.examples;

import dev.inproc.examples.ParaphraseTemplates.Intent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A stream of questions in words. A few meanings are asked for very often and most are rare (Zipf's
 * law); each request phrases its meaning in one of about a hundred ways. Some meanings look alike
 * and have different answers: swapped cities, other numbers, opposites.
 */
final class ParaphraseStream {
  private static final double EXPONENT = 0.8;

  private final List<String> requests = new ArrayList<>();
  private final Map<String, String> answers = new LinkedHashMap<>();

  /** A meaning: an intent with its places filled. */
  private record Meaning(Intent intent, String a, String b) {
    String phrase(int template) {
      return intent.templates().get(template).replace("{a}", a).replace("{b}", b);
    }
  }

  /**
   * Generates a stream.
   *
   * @param size requests
   */
  ParaphraseStream(long seed, int size) {
    Random random = new Random(seed);
    List<Meaning> all = meanings(random);
    double[] popularity = zipf(all.size());
    for (int i = 0; i < size; i++) {
      int place = Arrays.binarySearch(popularity, random.nextDouble());
      Meaning meaning = all.get(place < 0 ? -place - 1 : place);
      String text =
          sentence(
              pick(ParaphraseTemplates.LEADS, random),
              meaning.phrase(random.nextInt(meaning.intent.templates().size())),
              pick(ParaphraseTemplates.TAILS, random));
      requests.add(text);
      answers.put(text, "The answer to: " + meaning.phrase(0));
    }
  }

  /** Returns the requests in order; some are equal. */
  List<String> requests() {
    return Collections.unmodifiableList(requests);
  }

  /** Returns the answer to each request. */
  Map<String, String> answers() {
    return Collections.unmodifiableMap(answers);
  }

  private static List<Meaning> meanings(Random random) {
    List<Meaning> all = new ArrayList<>();
    for (Intent intent : ParaphraseTemplates.ALL) {
      for (String a : intent.a()) {
        for (String b : intent.b()) {
          if (!a.equals(b)) {
            all.add(new Meaning(intent, a, b));
          }
        }
      }
    }
    Collections.shuffle(all, random);
    return all;
  }

  /** Returns the cumulated probabilities of so many ranks. */
  private static double[] zipf(int ranks) {
    double[] cumulated = new double[ranks];
    double sum = 0;
    for (int i = 0; i < ranks; i++) {
      sum += Math.pow(i + 1, -EXPONENT);
      cumulated[i] = sum;
    }
    for (int i = 0; i < ranks; i++) {
      cumulated[i] /= sum;
    }
    cumulated[ranks - 1] = 1;
    return cumulated;
  }

  private static String sentence(String lead, String question, String tail) {
    String text = lead + question + tail;
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static String pick(List<String> of, Random random) {
    return of.get(random.nextInt(of.size()));
  }
}
