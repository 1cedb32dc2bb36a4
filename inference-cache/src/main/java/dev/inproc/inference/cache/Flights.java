package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.Lifetime;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The runs that are under way, at most one for a key that is not invalidated meanwhile.
 *
 * <p><b>Never twice.</b> A run's answer is in the store before its flight leaves the map. So who
 * finds neither has missed both only if the flight was just leaving: whoever puts a new flight into
 * the map looks into the store once more.
 *
 * <p><b>Never stale.</b> To invalidate marks the flight, takes it off the map, and removes from the
 * store, in this order. Marking and storing exclude each other, so what a marked flight had stored
 * is removed and what it has not is never stored; and who comes later finds no flight to join.
 *
 * <p><b>Who ends a flight</b> tells those who wait and counts the flight out of the {@link
 * Lifetime}: the run's end or the last one's leaving, whichever is first.
 */
final class Flights<I, O> {
  private final Store<O> store;
  private final Lifetime lifetime;
  private final Counts counts;
  private final Object name;
  private final ConcurrentHashMap<Object, Flight<I, O>> underWay = new ConcurrentHashMap<>();

  Flights(Store<O> store, Lifetime lifetime, Counts counts, Object name) {
    this.store = store;
    this.lifetime = lifetime;
    this.counts = counts;
    this.name = name;
  }

  /** Returns the flight of a key, to be joined, or null. */
  @Nullable Flight<I, O> find(Object key) {
    return underWay.get(key);
  }

  /**
   * Makes a flight that the calling thread holds. Returns null if there is one.
   *
   * @throws PredictorClosedException once closed
   */
  @Nullable Flight<I, O> make(Object key, I input, CallOptions options, boolean refreshing) {
    if (!lifetime.acquire()) {
      throw new PredictorClosedException(name.toString());
    }
    boolean made = false;
    try {
      Object kept = Keys.kept(key);
      Flight<I, O> flight =
          new Flight<>(kept, Keys.owned(input, kept), options, refreshing, this::abandoned);
      made = underWay.putIfAbsent(kept, flight) == null;
      return made ? flight : null;
    } finally {
      if (!made) {
        lifetime.release();
      }
    }
  }

  /**
   * Takes a flight that is over off the map, for one who found it and could not join it.
   *
   * @param key by which it was found: were the flight's own changed, the finder would find it again
   */
  void forget(Object key, Flight<I, O> flight) {
    underWay.remove(key, flight);
  }

  void forget(Flight<I, O> flight) {
    forget(flight.key, flight);
  }

  /** Counts a flight out; to be done once by who ended it. */
  void release() {
    lifetime.release();
  }

  private void abandoned(Flight<I, O> flight) {
    counts.abandoned.increment();
    forget(flight);
    release();
  }

  void invalidate(Object key) {
    Flight<I, O> flight = underWay.get(key);
    if (flight != null) {
      flight.invalidate();
      forget(flight);
    }
    store.remove(key);
  }

  void invalidateIf(Predicate<Object> keys) {
    for (Flight<I, O> flight : underWay.values()) {
      if (keys.test(flight.key)) {
        flight.invalidate();
        forget(flight);
      }
    }
    store.removeIf(keys);
  }

  void abandonRefreshes() {
    underWay.values().forEach(Flight::abandonRefresh);
  }
}
