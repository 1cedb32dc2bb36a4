package dev.inproc.inference.cache.streams;

import java.util.Locale;
import java.util.Set;

/**
 * A cheap embedding of texts for tests: words, pairs of words and parts of words are hashed to
 * signed dimensions. Function words count little, so that texts of the same content lie near each
 * other however they are phrased; the order of words counts little too, as with real embedders.
 */
public final class HashedEmbedder {
  public static final int DIMENSIONS = 384;

  private static final float WORD = 1f;
  private static final float PAIR = 0.25f;
  private static final float PART = 0.2f;
  private static final float FUNCTION_WORD = 0.15f;
  private static final Set<String> FUNCTION_WORDS =
      Set.of(
          "a", "an", "the", "i", "me", "my", "you", "your", "we", "it", "is", "are", "was", "be",
          "do", "does", "did", "can", "could", "should", "would", "will", "how", "what", "which",
          "who", "when", "where", "why", "to", "of", "in", "on", "for", "from", "and", "or", "with",
          "by", "at", "as", "into", "that", "this", "there", "please", "thanks", "hi", "hello",
          "hey", "tell", "know", "want", "need", "not", "no", "way", "best", "some", "any", "so",
          "if", "have", "has", "much", "many", "about", "get");

  private HashedEmbedder() {}

  public static float[] embed(String text) {
    float[] vector = new float[DIMENSIONS];
    String before = "";
    for (String word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+", -1)) {
      if (word.isEmpty()) {
        continue;
      }
      float weight = FUNCTION_WORDS.contains(word) ? FUNCTION_WORD : WORD;
      add(vector, word, weight);
      add(vector, before + ' ' + word, PAIR * weight);
      String padded = '<' + word + '>';
      for (int i = 0; i + 3 <= padded.length(); i++) {
        add(vector, padded.substring(i, i + 3), PART * weight);
      }
      before = word;
    }
    vector[0] += 1e-3f; // a text without words has a direction too
    return Sphere.unit(vector);
  }

  private static void add(float[] vector, String feature, float weight) {
    long hash = feature.hashCode() * 0x9E3779B97F4A7C15L;
    hash ^= hash >>> 29;
    hash *= 0xBF58476D1CE4E5B9L;
    int at = (int) ((hash >>> 33) % DIMENSIONS);
    vector[at] += (hash & 1) == 0 ? weight : -weight;
  }
}
