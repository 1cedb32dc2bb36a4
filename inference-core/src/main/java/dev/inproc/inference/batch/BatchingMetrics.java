package dev.inproc.inference.batch;

import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A batcher's figures since it was made. Immutable. A request ends as just one of answered, failed,
 * expired, cancelled, overloaded or closed, so {@code submitted} is their sum plus the requests
 * that still wait or run.
 *
 * @param submitted requests that came, by whatever method
 * @param answered requests that got an answer, inline ones included
 * @param inline answered requests that the caller ran on its own thread, alone
 * @param failed requests that failed in the model or by their own input
 * @param expired requests that missed their deadline or could not have met it
 * @param cancelled requests that their callers took back
 * @param overloaded requests refused since too many waited
 * @param closed requests refused since the predictor was closed
 * @param waiting requests that wait now
 * @param waitingBytes what these occupy
 * @param runs calls of the model, reruns after failures included, inline ones not
 * @param reruns calls of the model to find out which request had made a batch fail
 * @param reasons why batches were run when they were
 * @param batchSizes requests in a batch
 * @param queueNanos nanoseconds from arrival to the start of the run, by one request a batch,
 *     counted as often as the batch has requests; where requests are very cheap, of some batches
 * @param runNanos nanoseconds of a run
 * @param paddingRatio of all input elements that were run, the share that was padding
 */
public record BatchingMetrics(
    long submitted,
    long answered,
    long inline,
    long failed,
    long expired,
    long cancelled,
    long overloaded,
    long closed,
    int waiting,
    long waitingBytes,
    long runs,
    long reruns,
    Map<DispatchReason, Long> reasons,
    Histogram batchSizes,
    Histogram queueNanos,
    Histogram runNanos,
    double paddingRatio) {

  /** Copies what is not immutable. */
  public BatchingMetrics {
    reasons = Map.copyOf(reasons);
  }

  /** Returns these as figures. */
  List<Figure> figures() {
    List<Figure> all = new ArrayList<>();
    all.add(Figure.calls(Outcome.ANSWERED, answered));
    all.add(Figure.calls(Outcome.FAILED, failed));
    all.add(Figure.calls(Outcome.EXPIRED, expired));
    all.add(Figure.calls(Outcome.CANCELLED, cancelled));
    all.add(Figure.calls(Outcome.OVERLOADED, overloaded));
    all.add(Figure.calls(Outcome.CLOSED, closed));
    all.add(Figure.counter("calls.inline", "call", inline));
    all.add(Figure.gauge("queue.waiting", "call", waiting));
    all.add(Figure.gauge("queue.bytes", "byte", (double) waitingBytes));
    all.add(Figure.Spread.seconds("queue.time", queueNanos));
    reasons.forEach(
        (reason, count) ->
            all.add(
                new Figure.Counter(
                    "runs",
                    Map.of("reason", reason.name().toLowerCase(Locale.ROOT)),
                    "run",
                    count)));
    all.add(Figure.Spread.seconds("run.time", runNanos));
    all.add(new Figure.Spread("batch.size", Map.of(), "call", batchSizes, 1, true));
    all.add(Figure.gauge("padding.ratio", "share", paddingRatio));
    return all;
  }
}
