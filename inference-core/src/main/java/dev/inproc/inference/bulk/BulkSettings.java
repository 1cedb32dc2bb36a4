package dev.inproc.inference.bulk;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.bulk.BulkScoring.BadRows;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The settings that {@link BulkScoring} gathers and that a run reads. Immutable. */
final class BulkSettings {
  private final boolean isInOrder;
  private final int parallelism;
  private final int chunkSize;
  private final CallOptions options;
  private final @Nullable BadRows<Object> badRows;
  private final @Nullable Consumer<? super BulkProgress> listener;
  private final Duration listenEvery;

  private BulkSettings(Builder builder) {
    isInOrder = builder.isInOrder;
    parallelism = builder.parallelism;
    chunkSize = builder.chunkSize;
    options = builder.options;
    badRows = builder.badRows;
    listener = builder.listener;
    listenEvery = builder.listenEvery;
  }

  /** The settings before they are final. */
  static final class Builder {
    private final boolean isInOrder;
    int parallelism;
    int chunkSize;
    CallOptions options =
        CallOptions.DEFAULT
            .withPriority(CallOptions.Priority.LOW)
            .withOverload(CallOptions.Overload.WAIT);
    @Nullable BadRows<Object> badRows;
    @Nullable Consumer<? super BulkProgress> listener;
    Duration listenEvery = Duration.ZERO;

    private Builder(boolean isInOrder) {
      this.isInOrder = isInOrder;
    }

    private Builder(BulkSettings settings) {
      isInOrder = settings.isInOrder;
      parallelism = settings.parallelism;
      chunkSize = settings.chunkSize;
      options = settings.options;
      badRows = settings.badRows;
      listener = settings.listener;
      listenEvery = settings.listenEvery;
    }
  }

  /** Returns the default settings. */
  static BulkSettings of(boolean isInOrder) {
    return new BulkSettings(new Builder(isInOrder));
  }

  BulkSettings with(Consumer<Builder> change) {
    Builder builder = new Builder(this);
    change.accept(builder);
    return new BulkSettings(builder);
  }

  boolean isInOrder() {
    return isInOrder;
  }

  /** Returns the number of chunks that are run at once; 0 for one a device. */
  int parallelism() {
    return parallelism;
  }

  /** Returns the rows of a chunk; 0 to learn the number. */
  int chunkSize() {
    return chunkSize;
  }

  CallOptions options() {
    return options;
  }

  @Nullable BadRows<Object> badRows() {
    return badRows;
  }

  @Nullable Consumer<? super BulkProgress> listener() {
    return listener;
  }

  Duration listenEvery() {
    return listenEvery;
  }

  private List<@Nullable Object> state() {
    return Arrays.asList(
        isInOrder, parallelism, chunkSize, options, badRows, listener, listenEvery);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BulkSettings that && state().equals(that.state());
  }

  @Override
  public int hashCode() {
    return state().hashCode();
  }

  @Override
  public String toString() {
    return (isInOrder ? "in order" : "as they come")
        + ", parallelism="
        + (parallelism == 0 ? "devices" : parallelism)
        + ", chunkSize="
        + (chunkSize == 0 ? "learned" : chunkSize)
        + ", options="
        + options
        + ", badRows="
        + badRows
        + ", progress="
        + (listener == null ? null : "every " + listenEvery);
  }
}
