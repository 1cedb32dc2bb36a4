package dev.inproc.inference.bulk;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Scores any number of rows with a predictor: an iterator in, a sink out. Memory is bounded: at
 * most two chunks of rows for each run at once are held, whatever the number of rows. Immutable;
 * {@code with...} methods return changed copies, and one may serve any number of runs.
 *
 * <pre>{@code
 * BulkProgress done =
 *     BulkScoring.inOrder().run(scorer, rows.iterator(), (index, row, score) -> out.write(score));
 * }</pre>
 *
 * <p>Rows go to {@link Predictor#predictAll} in chunks. The size of a chunk is learned: it doubles
 * from 16 while a row's cost falls by 5 % at least, up to 1,024 or to a batcher's largest batch.
 *
 * <p><b>Threads.</b> The iterator, the sink and the listener are called by the thread that calls
 * {@link #run}, one at a time. With a parallelism of one that thread runs the chunks too; else
 * threads of the model's runtime do, and codecs encode and decode there.
 *
 * <p><b>Bad rows.</b> A row that cannot be answered is found: an invalid input names itself, and of
 * a chunk that fails in the engine or in a codec the halves are run again. By default the run then
 * fails with that row's failure; {@link #withBadRows} has such rows told and the run go on. What
 * does not come from a row (closing, a deadline, an interrupt, an engine that fails as a whole)
 * ends the run in any case. When a run fails, the sink has had each row before the row that failed,
 * if in order.
 *
 * <p><b>Rows that cannot be read.</b> Where the iterator returns null or throws, the rows before
 * are scored and delivered, in any order. Then the run fails: with a {@link NullPointerException},
 * or with an {@link IllegalStateException} whose cause is what the iterator threw. The message has
 * the row's place.
 */
public final class BulkScoring {
  /** Takes answers. */
  @FunctionalInterface
  public interface Sink<I, O> {
    /**
     * Takes the answer of a row. What this throws ends the run and is thrown by it.
     *
     * @param index the row's place in the iterator, from 0
     */
    void accept(long index, I row, O answer);
  }

  /** Takes rows that cannot be answered. */
  @FunctionalInterface
  public interface BadRows<I> {
    /**
     * Takes the failure of a row, in place of the sink.
     *
     * @param index the row's place in the iterator, from 0
     */
    void accept(long index, I row, RuntimeException failure);
  }

  private final BulkSettings settings;

  private BulkScoring(BulkSettings settings) {
    this.settings = settings;
  }

  private BulkScoring with(Consumer<BulkSettings.Builder> change) {
    return new BulkScoring(settings.with(change));
  }

  /** The sink gets the rows in the iterator's order. */
  public static BulkScoring inOrder() {
    return new BulkScoring(BulkSettings.of(true));
  }

  /** The sink gets the rows as their chunks are done; within a chunk they are in order. */
  public static BulkScoring asTheyCome() {
    return new BulkScoring(BulkSettings.of(false));
  }

  /**
   * Returns this scoring with a number of chunks that are run at once. Default: the devices of the
   * session inside the predictor, so that each has work.
   */
  public BulkScoring withParallelism(int chunks) {
    return with(builder -> builder.parallelism = positive(chunks, "parallelism"));
  }

  /** Returns this scoring with a fixed number of rows in a chunk, which is not learned then. */
  public BulkScoring withChunkSize(int rows) {
    return with(builder -> builder.chunkSize = positive(rows, "chunkSize"));
  }

  private static int positive(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, got " + value);
    }
    return value;
  }

  /**
   * Returns this scoring with the options of each chunk's call; a timeout is each chunk's. Default:
   * low priority, and waiting for room where the predictor has too many calls.
   */
  public BulkScoring withOptions(CallOptions ofChunks) {
    Objects.requireNonNull(ofChunks, "options");
    return with(builder -> builder.options = ofChunks);
  }

  /**
   * Returns this scoring with what takes the rows that cannot be answered. The run goes on without
   * them.
   *
   * @param rows what it is given is of the type that the iterator has
   */
  @SuppressWarnings("unchecked")
  public <I> BulkScoring withBadRows(BadRows<? super I> rows) {
    Objects.requireNonNull(rows, "rows");
    return with(builder -> builder.badRows = (BadRows<Object>) rows);
  }

  /** Returns this scoring with a listener that is told of progress about every so often. */
  public BulkScoring withProgress(Duration every, Consumer<? super BulkProgress> progress) {
    Objects.requireNonNull(every, "every");
    Objects.requireNonNull(progress, "progress");
    return with(
        builder -> {
          builder.listenEvery = every;
          builder.listener = progress;
        });
  }

  /**
   * Scores rows, blocking. An interrupt ends the run: {@link
   * dev.inproc.inference.InferenceInterruptedException}.
   *
   * @return what was done in all
   */
  public <I, O> BulkProgress run(
      Predictor<I, O> predictor, Iterator<? extends I> rows, Sink<? super I, ? super O> sink) {
    return new BulkRun<I, O>(settings, predictor, rows, sink, () -> false).run();
  }

  /** {@link #run(Predictor, Iterator, Sink)} of a stream, which is closed at the end. */
  public <I, O> BulkProgress run(
      Predictor<I, O> predictor, Stream<? extends I> rows, Sink<? super I, ? super O> sink) {
    try (rows) {
      return run(predictor, rows.iterator(), sink);
    }
  }

  /**
   * Scores rows on a thread of the model's runtime, which then calls iterator, sink and listener.
   * Cancelling the future, or completing it, ends the run after the chunks that are being run.
   */
  public <I, O> CompletableFuture<BulkProgress> start(
      Predictor<I, O> predictor, Iterator<? extends I> rows, Sink<? super I, ? super O> sink) {
    CompletableFuture<BulkProgress> done = new CompletableFuture<>();
    BulkRun<I, O> run = new BulkRun<>(settings, predictor, rows, sink, done::isDone);
    predictor
        .find(ServingThreads.class)
        .orElse(ServingThreads.shared())
        .callbacks()
        .execute(
            () -> {
              try {
                done.complete(run.run());
              } catch (Throwable t) {
                done.completeExceptionally(t);
              }
            });
    return done;
  }

  /** Equal scorings have rows scored alike; functions are equal as their class says. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BulkScoring that && settings.equals(that.settings);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  @Override
  public String toString() {
    return "BulkScoring[" + settings + "]";
  }
}
