package dev.inproc.inference.cache.streams;

import dev.inproc.inference.cache.streams.QuestionTemplates.Question;
import dev.inproc.inference.cache.streams.QuestionTemplates.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A stream of questions in words: paraphrases of templates, and beside them what looks alike and
 * has another answer: swapped arguments, other numbers, opposites, negations, codes that differ by
 * one character. A few questions are asked very often and most are rare (Zipf's law).
 *
 * @param seed of all choices
 * @param size requests
 * @param questions how many questions with filled-in places there are
 * @param repeats the share of requests that repeat an earlier text exactly
 * @param drift whether half-way a third of the questions get another answer, and all another
 *     phrasing
 */
public record TextStream(long seed, int size, int questions, double repeats, boolean drift) {
  private static final double EXPONENT = 1.05;

  private record Filled(Question question, String a, String b, boolean changes) {}

  public static TextStream of(long seed, int size) {
    return new TextStream(seed, size, 1500, 0, false);
  }

  public TextStream withRepeats(double share) {
    return new TextStream(seed, size, questions, share, drift);
  }

  public TextStream withDrift() {
    return new TextStream(seed, size, questions, repeats, true);
  }

  public List<StreamRequest> generate() {
    return generate(HashedEmbedder::embed);
  }

  /** Returns the stream with the vectors of any embedder. */
  public List<StreamRequest> generate(Function<String, float[]> embedder) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Filled> all = fill(random);
    double[] popularity = zipf(all.size());
    List<StreamRequest> stream = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      boolean later = drift && i >= size / 2;
      if (i > 0 && random.nextDouble() < repeats) {
        int from = later ? size / 2 : 0;
        if (i > from) {
          stream.add(stream.get(from + random.nextInt(i - from)));
          continue;
        }
      }
      Filled asked = all.get(draw(popularity, random));
      String text = phrase(asked, later, random);
      String answer = answer(asked) + (later && asked.changes ? " (new)" : "");
      stream.add(new StreamRequest(text, answer, embedder.apply(text)));
    }
    return stream;
  }

  private List<Filled> fill(SplittableRandom random) {
    List<Filled> all = new ArrayList<>(questions);
    while (all.size() < questions) {
      Question question = pick(QuestionTemplates.ALL, random);
      String a = value(question.slots().get(0), random);
      String b = question.slots().size() < 2 ? "" : value(question.slots().get(1), random);
      all.add(new Filled(question, a, b, random.nextInt(3) == 0));
      if (question.slots().size() == 2 && question.slots().get(0) == question.slots().get(1)) {
        all.add(new Filled(question, b, a, random.nextInt(3) == 0)); // swapped
      }
    }
    return all;
  }

  private static String value(Slot slot, SplittableRandom random) {
    return switch (slot) {
      case THING -> pick(QuestionTemplates.THINGS, random);
      case UNIT -> pick(QuestionTemplates.UNITS_OF, random);
      case NAME -> pick(QuestionTemplates.NAMES, random);
      case NUMBER -> Integer.toString(5 * random.nextInt(1, 400));
      case CODE -> String.format(Locale.ROOT, "E%d0%d", random.nextInt(1, 4), random.nextInt(10));
    };
  }

  private static String phrase(Filled asked, boolean later, SplittableRandom random) {
    String opening = pick(QuestionTemplates.OPENINGS, random);
    if (later && random.nextBoolean()) {
      opening = pick(QuestionTemplates.LATER_OPENINGS, random);
    }
    String text = pick(asked.question.phrasings(), random);
    String ending = pick(QuestionTemplates.ENDINGS, random);
    return opening + text.replace("{a}", asked.a).replace("{b}", asked.b) + ending;
  }

  /** Returns the answer: the same for the same question with the same things in its places. */
  private static String answer(Filled asked) {
    return asked.question.phrasings().get(0).replace("{a}", asked.a).replace("{b}", asked.b);
  }

  private static <T> T pick(List<T> all, SplittableRandom random) {
    return all.get(random.nextInt(all.size()));
  }

  /** Returns the cumulated popularity by Zipf's law. */
  static double[] zipf(int n) {
    double[] cumulated = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += Math.pow(i + 1, -EXPONENT);
      cumulated[i] = sum;
    }
    return cumulated;
  }

  static int draw(double[] cumulated, SplittableRandom random) {
    double at = random.nextDouble() * cumulated[cumulated.length - 1];
    int found = java.util.Arrays.binarySearch(cumulated, at);
    return Math.min(cumulated.length - 1, found < 0 ? -found - 1 : found);
  }
}
