package dev.inproc.inference.batch;

import dev.inproc.inference.metrics.Distribution;
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
 * @param queueMicros microseconds from arrival to the start of the run, by one request a batch,
 *     counted as often as the batch has requests; where requests are very cheap, of some batches
 * @param runMicros microseconds of a run
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
    Distribution batchSizes,
    Distribution queueMicros,
    Distribution runMicros,
    double paddingRatio) {

  /** Copies what is not immutable. */
  public BatchingMetrics {
    reasons = Map.copyOf(reasons);
  }
}
