package dev.inproc.inference.cache;

import dev.inproc.inference.cache.bound.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The settings that {@link SimilarityCaching} gathers. Immutable. */
final class SimilaritySettings<I, O> {
  final long capacity;
  final Embedding<I, ?> embedding;
  final BiPredicate<? super O, ? super O> equivalence;
  final double maxWrongShare;
  final double errorProbability;
  final int allowance;
  final List<BiPredicate<? super I, ? super I>> vetoes;
  final int riskFeatureCount;
  final boolean tellsRequests;
  final @Nullable RiskFunction<I> riskFeatures;
  final @Nullable AnswerIsolation answers;
  final @Nullable Duration timeToLive;

  private SimilaritySettings(Builder<I, O> builder) {
    capacity = builder.capacity;
    embedding = builder.embedding;
    equivalence = builder.equivalence;
    maxWrongShare = builder.maxWrongShare;
    errorProbability = builder.errorProbability;
    allowance = builder.allowance;
    vetoes = List.copyOf(builder.vetoes);
    riskFeatureCount = builder.riskFeatureCount;
    tellsRequests = builder.tellsRequests;
    riskFeatures = builder.riskFeatures;
    answers = builder.answers;
    timeToLive = builder.timeToLive;
    var unused = promise(); // checks
  }

  /** The settings before they are final. */
  static final class Builder<I, O> {
    private final long capacity;
    private final Embedding<I, ?> embedding;
    private final BiPredicate<? super O, ? super O> equivalence;
    double maxWrongShare = 0.02;
    double errorProbability = 0.05;
    int allowance = 30;
    final List<BiPredicate<? super I, ? super I>> vetoes = new ArrayList<>();
    int riskFeatureCount;
    boolean tellsRequests;
    @Nullable RiskFunction<I> riskFeatures;
    @Nullable AnswerIsolation answers;
    @Nullable Duration timeToLive;

    Builder(
        long capacity, Embedding<I, ?> embedding, BiPredicate<? super O, ? super O> equivalence) {
      if (capacity < 1) {
        throw new IllegalArgumentException("The capacity must be at least 1, got " + capacity);
      }
      this.capacity = capacity;
      this.embedding = embedding;
      this.equivalence = equivalence;
    }

    private Builder(SimilaritySettings<I, O> settings) {
      this(settings.capacity, settings.embedding, settings.equivalence);
      maxWrongShare = settings.maxWrongShare;
      errorProbability = settings.errorProbability;
      allowance = settings.allowance;
      vetoes.addAll(settings.vetoes);
      riskFeatureCount = settings.riskFeatureCount;
      tellsRequests = settings.tellsRequests;
      riskFeatures = settings.riskFeatures;
      answers = settings.answers;
      timeToLive = settings.timeToLive;
    }

    SimilaritySettings<I, O> build() {
      return new SimilaritySettings<>(this);
    }
  }

  SimilaritySettings<I, O> with(Consumer<Builder<I, O>> change) {
    Builder<I, O> builder = new Builder<>(this);
    change.accept(builder);
    return builder.build();
  }

  Promise promise() {
    return new Promise(maxWrongShare, errorProbability, allowance);
  }

  /** Returns the settings of the store and of the look-up of equal requests. */
  CacheSettings exact() {
    return CacheSettings.of(capacity, false)
        .with(
            builder -> {
              builder.answers = answers;
              builder.timeToLive = timeToLive;
              builder.alwaysOn = true;
            });
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(
        capacity,
        embedding,
        equivalence,
        maxWrongShare,
        errorProbability,
        allowance,
        vetoes,
        riskFeatureCount,
        tellsRequests,
        riskFeatures,
        answers,
        timeToLive);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SimilaritySettings<?, ?> that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "capacity="
        + capacity
        + " entries, maxWrongShare="
        + maxWrongShare
        + ", errorProbability="
        + errorProbability
        + ", allowance="
        + allowance
        + ", answers="
        + (answers == null ? null : answers.type().getTypeName())
        + ", timeToLive="
        + timeToLive
        + ", vetoes="
        + vetoes.size();
  }
}
