package dev.inproc.inference.monitoring;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.CallRecorder;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** A predictor whose calls are counted and timed. */
final class MeteredPredictor<I, O> extends ForwardingPredictor<I, O> implements MeteringStats {
  private final String name;
  private final CallRecorder calls = new CallRecorder();
  private final LastMinute lastMinute;

  MeteredPredictor(Predictor<I, O> inner, String name) {
    super(inner);
    this.name = name;
    lastMinute = new LastMinute(calls, inner);
  }

  @Override
  public O predict(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    begin(1);
    long start = System.nanoTime();
    try {
      O output = inner().predict(input, options);
      calls.answered(System.nanoTime() - start, 1);
      return output;
    } catch (Throwable failure) {
      calls.end(Outcomes.of(failure), 1);
      throw failure;
    }
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    Objects.requireNonNull(options, "options");
    int count = inputs.size();
    begin(count);
    long start = System.nanoTime();
    try {
      List<O> outputs = inner().predictAll(inputs, options);
      calls.answered(System.nanoTime() - start, count);
      return outputs;
    } catch (Throwable failure) {
      calls.end(Outcomes.of(failure), count);
      throw failure;
    }
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    begin(1);
    long start = System.nanoTime();
    CompletableFuture<O> future;
    try {
      future = inner().submit(input, options);
    } catch (Throwable failure) {
      calls.end(Outcomes.of(failure), 1);
      throw failure;
    }
    var unused = future.whenComplete((output, failure) -> ended(start, failure));
    return future;
  }

  private void ended(long start, Throwable failure) {
    if (failure == null) {
      calls.answered(System.nanoTime() - start, 1);
    } else {
      calls.end(Outcomes.of(failure), 1);
    }
  }

  private void begin(int count) {
    calls.begin(count);
    lastMinute.begun();
  }

  @Override
  public MeteringMetrics metrics() {
    return lastMinute.metrics(name);
  }

  @Override
  public LayerDescription describe() {
    MeteringMetrics now = metrics();
    List<Figure> figures = new ArrayList<>(now.total().figures());
    figures.addAll(now.lastMinute().figuresOfLastMinute());
    figures.add(new Figure.Info("state", lastMinute.isClosed() ? "closed" : "open"));
    figures.add(Figure.gauge("answers.rate", "answer/second", now.answersPerSecond()));
    return new LayerDescription("metering", name, figures, List.of(inner().describe()));
  }

  @Override
  public void close() {
    try {
      super.close();
    } finally {
      lastMinute.close();
    }
  }

  @Override
  public boolean close(Duration timeout) {
    try {
      return super.close(timeout);
    } finally {
      lastMinute.close();
    }
  }

  @Override
  public String toString() {
    return "metered(" + inner() + ")";
  }
}
