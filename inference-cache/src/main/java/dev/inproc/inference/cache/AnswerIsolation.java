package dev.inproc.inference.cache;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a cache knows of answers: their type, and how one caller's is kept from being changed by
 * another.
 *
 * @param copier null if nothing can change an answer
 */
record AnswerIsolation(Class<?> type, @Nullable UnaryOperator<Object> copier) {

  /** Of a type that the library knows. */
  static AnswerIsolation of(Class<?> type) {
    if (KnownTypes.isImmutable(type)) {
      return new AnswerIsolation(type, null);
    }
    if (KnownTypes.isPlainArray(type)) {
      return new AnswerIsolation(type, ArrayValues::copy);
    }
    String name = type.getSimpleName();
    throw new IllegalArgumentException(
        "Expected an array, a tensor, or a type known to be immutable, got "
            + type.getTypeName()
            + ". If nothing changes one, say withImmutableAnswers("
            + name
            + ".class); else say how to copy one: withCopiedAnswers("
            + name
            + ".class, copier)");
  }

  @SuppressWarnings("unchecked") // the store checks each answer's type before it is copied
  static <T> AnswerIsolation copied(Class<T> type, UnaryOperator<T> copier) {
    return new AnswerIsolation(type, (UnaryOperator<Object>) (UnaryOperator<?>) copier);
  }

  /** Returns an answer for one caller alone. */
  @SuppressWarnings("unchecked")
  <O> O isolate(O answer) {
    return copier == null || answer == null ? answer : (O) copier.apply(answer);
  }

  /** Throws if an answer is not what was said. */
  void check(@Nullable Object answer) {
    if (answer != null && !type.isInstance(answer)) {
      throw new IllegalStateException(
          "The cache was told that answers are "
              + type.getTypeName()
              + ", but the model answered with "
              + answer.getClass().getTypeName());
    }
  }
}
