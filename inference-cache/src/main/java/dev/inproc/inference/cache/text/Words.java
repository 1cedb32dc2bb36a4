package dev.inproc.inference.cache.text;

import java.util.Set;

/** Words that carry no content of their own. */
final class Words {
  static final Set<String> FUNCTION_WORDS =
      Set.of(
          "a", "an", "the", "i", "me", "my", "you", "your", "we", "our", "us", "it", "its", "he",
          "she", "they", "their", "is", "are", "was", "were", "be", "been", "am", "do", "does",
          "did", "can", "could", "should", "would", "will", "shall", "may", "might", "must", "how",
          "what", "which", "who", "whom", "whose", "when", "where", "why", "and", "or", "with",
          "at", "as", "for", "on", "that", "this", "these", "those", "there", "please", "thanks",
          "hi", "hello", "hey", "tell", "so", "if", "have", "has", "had", "some", "any", "just",
          "also", "too", "really", "way", "best");

  private Words() {}
}
