package dev.inproc.inference.cache;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers a list. Inputs that the store has are taken from it, equal inputs are looked up once,
 * runs of other calls are joined, and the rest is run as one batch. The list runs its own batch
 * before it waits for other calls, so two lists that need each other's inputs do not wait in a
 * circle.
 */
final class BulkLookup<I, O> {
  private final Layer<I, O> cache;
  private final List<I> inputs;
  private final CallOptions options;
  private final Map<Object, Item> items = new LinkedHashMap<>();
  private final List<Item> byPosition = new ArrayList<>();
  private final List<Item> led = new ArrayList<>();
  private int counted;

  /** The parts of the cache that lists use. */
  record Layer<I, O>(
      Predictor<I, O> inner,
      Keys keys,
      AnswerIsolation answers,
      Timer timer,
      HitPath<I, O> hits,
      MissPath<I, O> misses,
      SingleFlight<I, O> loads,
      LoadCompletion<I, O> runs,
      StatsCounter counts,
      PayoffSampler meter) {}

  BulkLookup(Layer<I, O> cache, List<I> inputs, CallOptions options) {
    this.cache = cache;
    this.inputs = inputs;
    this.options = options;
  }

  /** One input, or several that are equal. */
  private final class Item {
    private final int position;
    private final Object key;
    private @Nullable CacheEntry<O> kept;
    private @Nullable InFlightLoad<I, O> load;
    private @Nullable LoadWaiter<I, O> waiter;
    private @Nullable O answer;

    Item(int position, Object key) {
      this.position = position;
      this.key = key;
    }

    @SuppressWarnings("NullAway") // asked once the answer is there
    O answer() {
      return kept != null ? kept.answer : answer;
    }
  }

  List<O> answers() {
    boolean done = false;
    try {
      lookUp();
      List<Item> missing = items.values().stream().filter(item -> item.kept == null).toList();
      if (!missing.isEmpty()) {
        int positions = (int) byPosition.stream().filter(item -> item.kept == null).count();
        boardAll(missing, positions);
        count(missing, positions);
        run();
        missing.forEach(this::await);
      }
      List<O> answers = new ArrayList<>(inputs.size());
      for (Item item : byPosition) {
        answers.add(cache.answers().isolate(item.answer()));
      }
      cache.counts().answered.add(counted);
      done = true;
      return answers;
    } catch (RuntimeException | Error e) {
      cache.counts().failed(e, counted);
      throw e;
    } finally {
      if (!done) {
        withdraw();
      }
    }
  }

  private void lookUp() {
    boolean reads = options.cacheMode() != CacheMode.REFRESH;
    for (int i = 0; i < inputs.size(); i++) {
      Object key = cache.keys().of(inputs.get(i), options.cacheScope());
      int position = i;
      byPosition.add(items.computeIfAbsent(key, k -> new Item(position, k)));
    }
    if (!reads) {
      return;
    }
    for (Item item : items.values()) {
      item.kept = cache.hits().find(item.key, options);
    }
    Item failed = first(item -> item.kept != null && item.kept.failure != null);
    boolean all = first(item -> item.kept == null) == null;
    if (failed == null && !all && options.cacheMode() == CacheMode.ONLY_IF_CACHED) {
      throw cache.misses().notCached(inputs.size());
    }
    for (Item item : byPosition) {
      CacheEntry<O> kept = failed == null ? item.kept : failed.kept;
      if (kept != null) {
        cache.hits().count(item.key, kept, inputs.get(item.position));
      }
    }
    if (failed != null && failed.kept != null && failed.kept.failure != null) {
      throw BlockedCaller.rethrow(located(failed.kept.failure, failed.position));
    }
  }

  private @Nullable Item first(Predicate<Item> condition) {
    return items.values().stream().filter(condition).findFirst().orElse(null);
  }

  private void boardAll(List<Item> missing, int positions) {
    try {
      missing.forEach(this::board);
    } catch (PredictorClosedException e) {
      int late = (int) missing.stream().filter(item -> item.kept != null).count();
      cache.counts().closed.add(positions - late - 1); // one is counted
      throw e;
    }
  }

  /** Joins a run of others, or makes a load to be run here. */
  private void board(Item item) {
    I input = inputs.get(item.position);
    while (true) {
      InFlightLoad<I, O> found = cache.loads().find(item.key);
      if (found == null) {
        InFlightLoad<I, O> made = cache.misses().make(item.key, input, options);
        if (made != null) {
          item.load = made;
          item.kept = cache.hits().late(made, options);
          if (item.kept == null) {
            led.add(item);
          } else {
            item.load = null;
          }
          return;
        }
      } else if (WaitGraph.isEngineThread()) {
        led.add(item); // with others' load left alone
        return;
      } else {
        LoadWaiter<I, O> waiter = cache.misses().newWaiter(input, options, true, null);
        if (found.join(waiter)) {
          item.waiter = waiter;
          return;
        }
        waiter.cancel(false); // for its timer
        cache.loads().forget(item.key, found);
      }
    }
  }

  private void run() {
    if (led.isEmpty()) {
      return;
    }
    List<I> missing = new ArrayList<>(led.size());
    for (Item item : led) {
      missing.add(item.load == null ? inputs.get(item.position) : item.load.input());
    }
    long start = cache.timer().nanoTime();
    List<O> outputs;
    try {
      outputs = cache.inner().predictAll(missing, options);
      if (outputs.size() != missing.size()) {
        throw new IllegalStateException(
            "Expected "
                + missing.size()
                + " answers of "
                + cache.inner()
                + ", got "
                + outputs.size());
      }
    } catch (RuntimeException | Error e) {
      throw failed(e, start);
    }
    long end = cache.timer().nanoTime();
    long each = cache.runs().times().answered(start, end, led.size());
    for (int i = 0; i < led.size(); i++) {
      land(led.get(i), outputs.get(i), each);
    }
  }

  private void land(Item item, O output, long nanos) {
    item.answer = output;
    InFlightLoad<I, O> load = item.load;
    if (load != null) {
      item.load = null;
      cache.runs().land(load, output, nanos, true);
    }
  }

  private void count(List<Item> missing, int positions) {
    int joined = positions - missing.size(); // equal to another
    int misses = 0;
    for (Item item : missing) {
      if (item.waiter != null) {
        joined++;
      } else if (item.load != null) {
        misses++;
      }
    }
    cache.counts().coalesced.add(joined);
    cache.meter().missed(misses);
    cache.counts().bypassed.add(led.size() - misses);
    counted = joined + misses;
  }

  /**
   * Ends the loads of a list that failed. The input that is known to be at fault fails all calls
   * that wait for it. The runs of the other inputs begin again for the calls that had joined them.
   */
  private RuntimeException failed(Throwable failure, long start) {
    int culprit = culprit(failure);
    long took = cache.runs().times().failed(start, cache.timer().nanoTime()) / led.size();
    for (int i = 0; i < led.size(); i++) {
      InFlightLoad<I, O> load = led.get(i).load;
      if (load != null) {
        led.get(i).load = null;
        Throwable own = i == culprit ? alone(failure) : failure;
        cache.runs().fail(load, own, took, i != culprit, true);
      }
    }
    Throwable located = culprit < 0 ? failure : located(failure, led.get(culprit).position);
    if (located instanceof Error error) {
      throw error;
    }
    return (RuntimeException) located;
  }

  /** Returns the place in the batch of the input that failed it, or -1. */
  private int culprit(Throwable failure) {
    if (led.size() == 1) {
      return 0;
    }
    boolean known = failure instanceof InvalidInputException i && i.index() < led.size();
    return known ? ((InvalidInputException) failure).index() : -1;
  }

  /** Returns the failure as a call of this input alone sees it: without an index. */
  private static Throwable alone(Throwable failure) {
    return failure instanceof InvalidInputException invalid ? invalid.atIndex(-1) : failure;
  }

  private static Throwable located(Throwable failure, int position) {
    return failure instanceof InvalidInputException invalid ? invalid.atIndex(position) : failure;
  }

  private void await(Item item) {
    CacheEntry<O> kept = item.kept;
    if (kept != null && kept.failure != null) {
      throw BlockedCaller.rethrow(located(kept.failure, item.position));
    }
    LoadWaiter<I, O> waiter = item.waiter;
    if (waiter == null) {
      return;
    }
    try {
      item.answer = BlockedCaller.await(waiter);
    } catch (RuntimeException e) {
      throw (RuntimeException) located(e, item.position);
    }
  }

  /** Leaves every run that is still under way. */
  private void withdraw() {
    for (Item item : items.values()) {
      LoadWaiter<I, O> waiter = item.waiter;
      if (waiter != null) {
        waiter.cancel(false);
      }
      InFlightLoad<I, O> load = item.load;
      if (load != null) {
        item.load = null;
        cache.runs().fail(load, new CancellationException(), 0, true, true);
      }
    }
  }
}
