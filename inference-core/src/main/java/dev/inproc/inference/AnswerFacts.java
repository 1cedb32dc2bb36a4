package dev.inproc.inference;

import dev.inproc.inference.Answer.Source;
import org.jspecify.annotations.Nullable;

/**
 * What the layers tell of an answer, gathered while its call is on its way; for authors of layers.
 * It travels in the call's options, so it passes every layer that passes the options on. A call
 * that did not come through {@link Predictor#answers()} has none, and costs nothing.
 *
 * <p>A layer writes before it completes the call, on whatever thread it does that; the caller reads
 * after it has the answer.
 */
public final class AnswerFacts {
  private Source source = Source.MODEL;
  private @Nullable String version;
  private @Nullable String arm;
  private double similarity;
  private @Nullable Object similarTo;

  AnswerFacts() {}

  /** Returns what is gathered for the call with these options; null if nothing is. */
  public static @Nullable AnswerFacts of(CallOptions options) {
    return options.facts();
  }

  /**
   * Returns these options for a call of the layer's own, whose answer is not, or not only, the
   * caller's: a refresh in the background, a shadow's copy.
   */
  public static CallOptions without(CallOptions options) {
    return options.facts() == null ? options : options.withFacts(null);
  }

  /** Tells where the answer came from. */
  public void source(Source where) {
    source = where;
  }

  /** Tells how similar the request was that a similarity cache had the answer to. */
  public void similarity(double value) {
    source = Source.SIMILARITY_CACHE;
    similarity = value;
  }

  /**
   * Tells the request that a similarity cache had the answer to. It is another caller's, so a cache
   * tells it only where its owner has asked for it.
   */
  public void similarTo(Object request) {
    similarTo = request;
  }

  /** Tells the version of the model that gives the answer. */
  public void version(String name) {
    version = name;
  }

  /** Tells the arm of an experiment or a rollout that gives the answer; null if none does. */
  public void arm(@Nullable String name) {
    arm = name;
  }

  /** Returns an answer with what has been told of it so far. */
  <O> Answer<O> answer(O value) {
    return new Answer<>(value, source, version, arm, similarity, similarTo);
  }
}
