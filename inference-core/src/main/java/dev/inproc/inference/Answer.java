package dev.inproc.inference;

import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * An answer and what the layers that it came through tell of it. Immutable.
 *
 * @param <O> the answer's type
 * @see Predictor#answers()
 */
public final class Answer<O> {
  /** Where an answer came from. */
  public enum Source {
    /** The model ran for this call. */
    MODEL,
    /** The model ran for another call with an equal request, which this call joined. */
    JOINED,
    /** A cache held the answer to an equal request. */
    EXACT_CACHE,
    /** A cache held the answer to a similar request. */
    SIMILARITY_CACHE
  }

  private final O value;
  private final Source source;
  private final @Nullable String version;
  private final @Nullable String arm;
  private final double similarity;
  private final @Nullable Object similarTo;

  Answer(
      O value,
      Source source,
      @Nullable String version,
      @Nullable String arm,
      double similarity,
      @Nullable Object similarTo) {
    this.value = value;
    this.source = source;
    this.version = version;
    this.arm = arm;
    this.similarity = similarity;
    this.similarTo = similarTo;
  }

  /** Returns the answer itself. */
  public O value() {
    return value;
  }

  /** Returns where the answer came from. */
  public Source source() {
    return source;
  }

  /** Returns the version of the model that gave the answer, where a layer knows versions. */
  public Optional<String> version() {
    return Optional.ofNullable(version);
  }

  /** Returns the arm of an experiment or a rollout that gave the answer, where there is one. */
  public Optional<String> arm() {
    return Optional.ofNullable(arm);
  }

  /**
   * Returns the similarity of this request to the request that was answered, from 0 to 1; empty but
   * for {@link Source#SIMILARITY_CACHE}.
   */
  public OptionalDouble similarity() {
    return source == Source.SIMILARITY_CACHE
        ? OptionalDouble.of(similarity)
        : OptionalDouble.empty();
  }

  /**
   * Returns the request that this answer was given to first; empty but for {@link
   * Source#SIMILARITY_CACHE}, and unless the cache was made to tell it: it is another caller's. It
   * is no part of {@link #toString}.
   */
  public Optional<Object> similarTo() {
    return Optional.ofNullable(similarTo);
  }

  @Override
  public String toString() {
    return "Answer["
        + value
        + ", "
        + source
        + (version == null ? "" : ", version " + version)
        + (arm == null ? "" : ", arm " + arm)
        + (source == Source.SIMILARITY_CACHE ? ", similarity " + similarity : "")
        + "]";
  }
}
