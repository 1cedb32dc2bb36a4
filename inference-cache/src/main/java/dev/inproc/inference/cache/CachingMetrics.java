package dev.inproc.inference.cache;

import dev.inproc.inference.metrics.Figure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A cache's figures since it was made. Immutable. A request is counted as just one of hit, miss,
 * coalesced, bypassed, not cached or closed; a list counts as its inputs, which all end as the list
 * does. Misses and coalesced requests end as just one of answered, failed, expired or cancelled, so
 * these are their sum once no call is under way, and never more.
 *
 * @param on whether it is on: it switches itself off while look-ups cost more than they save
 * @param timesOff how often it has switched itself off
 * @param hits requests answered from the cache, kept failures included
 * @param misses requests that had the model run, mode {@code REFRESH} included
 * @param coalesced requests that waited for a run that another had begun, or that were equal to
 *     another in their list
 * @param bypassed requests that went past the cache: by mode {@code BYPASS}, while it was off, or
 *     from an engine thread that would have had to wait for another's run
 * @param notCached requests with mode {@code ONLY_IF_CACHED} that the cache could not answer
 * @param closed requests refused since the predictor was closed
 * @param answered misses and coalesced requests that got an answer
 * @param failed misses and coalesced requests that failed, neither expired nor cancelled
 * @param expired misses and coalesced requests whose deadline passed
 * @param cancelled misses and coalesced requests that their callers took back, by cancelling, by
 *     completing the future themselves, or by an interrupt
 * @param failureHits hits that got a kept failure
 * @param refreshes runs in the background to renew an entry
 * @param failedRefreshes refreshes that failed; the old entry stayed
 * @param reruns runs begun again, for calls that waited for a run whose own caller ran out of time
 *     or was refused
 * @param abandoned runs cancelled since all waiters had left
 * @param evictions entries dropped for others
 * @param expirations entries dropped for their age
 * @param entries entries that are kept now
 * @param bytes what these occupy, an estimate; 0 if the cache is bounded by their number
 * @param timeSaved the model's time that hits and coalesced requests did not need, an estimate: for
 *     each, the time of the run that found its answer, without the time that it queued behind other
 *     runs of this cache; for a list, divided by its length
 */
public record CachingMetrics(
    boolean on,
    int timesOff,
    long hits,
    long misses,
    long coalesced,
    long bypassed,
    long notCached,
    long closed,
    long answered,
    long failed,
    long expired,
    long cancelled,
    long failureHits,
    long refreshes,
    long failedRefreshes,
    long reruns,
    long abandoned,
    long evictions,
    long expirations,
    long entries,
    long bytes,
    Duration timeSaved) {

  /** Returns all requests that came, by whatever method. */
  public long requests() {
    return hits + misses + coalesced + bypassed + notCached + closed;
  }

  /** Returns the share of requests that the model was not run for, from 0 to 1; 0 if none came. */
  public double hitRatio() {
    long all = requests();
    return all == 0 ? 0 : (double) (hits + coalesced) / all;
  }

  /** Returns these as figures. */
  List<Figure> figures() {
    List<Figure> all = new ArrayList<>();
    all.add(new Figure.Info("switched", on ? "on" : "off"));
    result(all, "hit", hits);
    result(all, "miss", misses);
    result(all, "coalesced", coalesced);
    result(all, "bypassed", bypassed);
    result(all, "not cached", notCached);
    result(all, "closed", closed);
    all.add(Figure.gauge("hit.ratio", "share", hitRatio()));
    all.add(Figure.gauge("entries", "entry", (double) entries));
    all.add(Figure.gauge("memory.entries", "byte", (double) bytes));
    all.add(Figure.counter("evictions", "entry", evictions));
    all.add(Figure.counter("expirations", "entry", expirations));
    all.add(Figure.counter("refreshes", "run", refreshes));
    all.add(Figure.gauge("time.saved", "second", timeSaved.toNanos() / 1e9));
    return all;
  }

  private static void result(List<Figure> all, String result, long count) {
    all.add(new Figure.Counter("requests", Map.of("result", result), "call", count));
  }
}
