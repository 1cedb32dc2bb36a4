package dev.inproc.inference.deploy;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.model.ModelVersion;

/**
 * Makes the whole predictor that serves one version: session, batcher, codec, cache. Nothing of it
 * may be shared with another version, so that neither caches nor batches mix versions.
 *
 * <pre>{@code
 * LaneFactory<String, float[]> lanes =
 *     (version, context) ->
 *         engine.load(version.source())
 *             .with(Batching.upTo(32))
 *             .with(codec())
 *             .with(Caching.exact(100_000).withAnswers(float[].class));
 * }</pre>
 *
 * @param <I> a request
 * @param <O> an answer
 */
@FunctionalInterface
public interface LaneFactory<I, O> {
  /**
   * Makes a predictor, which the deployment owns from now on. It runs on a thread of the library,
   * one load at a time in the process. A switch that is given up interrupts it.
   *
   * @throws Exception if the version cannot be loaded: the deployment refuses it
   */
  Predictor<I, O> create(ModelVersion version, LaneContext context) throws Exception;
}
