package dev.inproc.inference.deploy;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A deployment whose answers carry their facts; a list through it is of one version too. */
final class DeploymentAnswers<I, O> implements Predictor<I, Answer<O>> {
  private final Predictor<I, O> deployment;
  private final Router<I, O> router;

  DeploymentAnswers(Predictor<I, O> deployment, Router<I, O> router) {
    this.deployment = deployment;
    this.router = router;
  }

  @Override
  public CompletableFuture<Answer<O>> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    return router.submit(lane -> lane.answers, input, options);
  }

  @Override
  public Answer<O> predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    return router.predict(lane -> lane.answers, input, options);
  }

  @Override
  public List<Answer<O>> predictAll(List<I> inputs, CallOptions options) {
    Objects.requireNonNull(options, "options");
    return router.predictAll(lane -> lane.answers, inputs, options);
  }

  @Override
  public void close() {
    deployment.close();
  }

  @Override
  public boolean close(Duration timeout) {
    return deployment.close(timeout);
  }

  @Override
  public boolean keepsState() {
    return deployment.keepsState();
  }

  @Override
  public <T> Optional<T> find(Class<T> control) {
    return deployment.find(control);
  }

  @Override
  public LayerDescription describe() {
    return deployment.describe();
  }

  @Override
  public String toString() {
    return deployment.toString();
  }
}
