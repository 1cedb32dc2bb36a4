package dev.inproc.inference.deploy;

/**
 * Gets what a deployment answered and what its shadow answered to the same request: to train a
 * student from a teacher, to keep requests, to look at differences.
 *
 * <pre>{@code
 * ShadowRecorder<Text, float[]> toFile =
 *     (text, student, teacher) -> writer.write(toJson(text, teacher));
 * }</pre>
 *
 * <p>It runs on the shadow's worker thread, for one pair at a time. It may block, throw and
 * interrupt its thread: it holds up no call of the deployment. While it runs no other copy does,
 * and its time belongs to the shadow's share of the processors.
 *
 * @param <I> a request
 * @param <O> an answer
 */
@FunctionalInterface
public interface ShadowRecorder<I, O> {
  /**
   * Takes a pair. The request and the deployment's answer are copies of its own, as they were when
   * the deployment had answered; the shadow's answer is the one that its lane gave.
   *
   * @param input the request
   * @param primary what the version that serves answered
   * @param shadow what the shadow answered
   * @throws Exception if it cannot take the pair, which is counted
   */
  void record(I input, O primary, O shadow) throws Exception;
}
