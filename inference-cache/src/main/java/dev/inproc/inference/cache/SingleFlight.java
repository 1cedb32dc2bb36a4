package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.RefCountedResource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The runs that are under way, at most one for a key that is not invalidated meanwhile.
 *
 * <p><b>Never twice.</b> A run's answer is in the store before its load leaves the map. A thread
 * that found neither may have looked into the store before the answer came and into the map after
 * the load left. So each thread that puts a new load into the map looks into the store once more.
 *
 * <p><b>Never stale.</b> To invalidate marks the load, takes it off the map, and removes from the
 * store, in this order. Marking and storing exclude each other, so what a marked load had stored is
 * removed and what it has not is never stored; a later call finds no load to join.
 *
 * <p><b>A load ends once</b>: by the end of its run or when its last waiter leaves, whichever is
 * first. The thread that ends it notifies the waiters and releases the {@link RefCountedResource}.
 */
final class SingleFlight<I, O> {
  private final Store<O> store;
  private final RefCountedResource lifetime;
  private final StatsCounter counts;
  private final Object name;
  private final ConcurrentHashMap<Object, InFlightLoad<I, O>> underWay = new ConcurrentHashMap<>();

  SingleFlight(Store<O> store, RefCountedResource lifetime, StatsCounter counts, Object name) {
    this.store = store;
    this.lifetime = lifetime;
    this.counts = counts;
    this.name = name;
  }

  /** Returns the load of a key, to be joined, or null. */
  @Nullable InFlightLoad<I, O> find(Object key) {
    return underWay.get(key);
  }

  /**
   * Makes a load that the calling thread holds. Returns null if there is one.
   *
   * @throws PredictorClosedException once closed
   */
  @Nullable InFlightLoad<I, O> make(Object key, I input, CallOptions options, boolean refreshing) {
    if (!lifetime.acquire()) {
      throw new PredictorClosedException(name.toString());
    }
    boolean made = false;
    try {
      Object kept = Keys.kept(key);
      InFlightLoad<I, O> load =
          new InFlightLoad<>(kept, Keys.owned(input, kept), options, refreshing, this::abandoned);
      made = underWay.putIfAbsent(kept, load) == null;
      return made ? load : null;
    } finally {
      if (!made) {
        lifetime.release();
      }
    }
  }

  /**
   * Takes a load that is over off the map, for a call that found it and could not join it.
   *
   * @param key by which it was found: were the load's own changed, the finder would find it again
   */
  void forget(Object key, InFlightLoad<I, O> load) {
    underWay.remove(key, load);
  }

  void forget(InFlightLoad<I, O> load) {
    forget(load.key, load);
  }

  /** Counts a load out; to be called once, by the thread that ended it. */
  void release() {
    lifetime.release();
  }

  private void abandoned(InFlightLoad<I, O> load) {
    counts.abandoned.increment();
    forget(load);
    release();
  }

  void invalidate(Object key) {
    InFlightLoad<I, O> load = underWay.get(key);
    if (load != null) {
      load.invalidate();
      forget(load);
    }
    store.remove(key);
  }

  void invalidateIf(Predicate<Object> keys) {
    for (InFlightLoad<I, O> load : underWay.values()) {
      if (keys.test(load.key)) {
        load.invalidate();
        forget(load);
      }
    }
    store.removeIf(keys);
  }

  void abandonRefreshes() {
    underWay.values().forEach(InFlightLoad::abandonRefresh);
  }
}
