package dev.inproc.inference.cache;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The settings that {@link Caching} gathers and that a cache is built from. Immutable. */
final class CacheSettings {
  private final long capacity;
  private final boolean inBytes;
  private final @Nullable AnswerIsolation answers;
  private final Weigher sizes;
  private final @Nullable Duration timeToLive;
  private final @Nullable Duration refreshAfter;
  private final @Nullable Duration failuresFor;
  private final boolean alwaysOn;

  private CacheSettings(Builder builder) {
    capacity = builder.capacity;
    inBytes = builder.inBytes;
    answers = builder.answers;
    sizes = builder.sizes;
    timeToLive = builder.timeToLive;
    refreshAfter = builder.refreshAfter;
    failuresFor = builder.failuresFor;
    alwaysOn = builder.alwaysOn;
  }

  /** The settings before they are final. */
  static final class Builder {
    private final long capacity;
    private final boolean inBytes;
    Weigher sizes = Weigher.KNOWN;
    @Nullable AnswerIsolation answers;
    @Nullable Duration timeToLive;
    @Nullable Duration refreshAfter;
    @Nullable Duration failuresFor;
    boolean alwaysOn;

    private Builder(long capacity, boolean inBytes) {
      this.capacity = capacity;
      this.inBytes = inBytes;
    }

    private Builder(CacheSettings settings) {
      capacity = settings.capacity;
      inBytes = settings.inBytes;
      sizes = settings.sizes;
      answers = settings.answers;
      timeToLive = settings.timeToLive;
      refreshAfter = settings.refreshAfter;
      failuresFor = settings.failuresFor;
      alwaysOn = settings.alwaysOn;
    }
  }

  /**
   * Returns the default settings.
   *
   * @param capacity the most entries, or bytes
   */
  static CacheSettings of(long capacity, boolean inBytes) {
    if (capacity < 1) {
      throw new IllegalArgumentException("The capacity must be at least 1, got " + capacity);
    }
    return new CacheSettings(new Builder(capacity, inBytes));
  }

  CacheSettings with(Consumer<Builder> change) {
    Builder builder = new Builder(this);
    change.accept(builder);
    return new CacheSettings(builder);
  }

  long capacity() {
    return capacity;
  }

  boolean isInBytes() {
    return inBytes;
  }

  /** Returns the type of the answers and how they are isolated; null if the user has not said. */
  @Nullable AnswerIsolation answers() {
    return answers;
  }

  Weigher sizes() {
    return sizes;
  }

  @Nullable Duration timeToLive() {
    return timeToLive;
  }

  @Nullable Duration refreshAfter() {
    return refreshAfter;
  }

  @Nullable Duration failuresFor() {
    return failuresFor;
  }

  boolean isAlwaysOn() {
    return alwaysOn;
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(
        capacity, inBytes, answers, sizes, timeToLive, refreshAfter, failuresFor, alwaysOn);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CacheSettings that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return "capacity="
        + capacity
        + (inBytes ? " bytes" : " entries")
        + ", answers="
        + (answers == null ? null : answers.type().getTypeName())
        + ", sizes="
        + sizes
        + ", timeToLive="
        + timeToLive
        + ", refreshAfter="
        + refreshAfter
        + ", failuresFor="
        + failuresFor
        + ", alwaysOn="
        + alwaysOn;
  }
}
