package dev.inproc.inference.deploy;

import dev.inproc.inference.Answer;
import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.model.ModelVersion;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One version in memory: its predictor, and views of it that name the version. */
final class Lane<I, O> {
  final ModelVersion version;

  /** As the factory made it. */
  final Predictor<I, O> predictor;

  /** Answers calls, and writes the version to the facts of those that gather facts. */
  final Predictor<I, O> calls;

  final Predictor<I, Answer<O>> answers;

  /** Creates one whose calls no shadow sees. */
  Lane(ModelVersion version, Predictor<I, O> predictor) {
    this(version, predictor, new ShadowSlot<>());
  }

  /**
   * Creates one.
   *
   * @param shadow where the shadow is that gets copies of the calls
   */
  Lane(ModelVersion version, Predictor<I, O> predictor, ShadowSlot<I, O> shadow) {
    this.version = version;
    this.predictor = predictor;
    Predictor<I, O> named = new Versioned<>(predictor, version.toString());
    calls = new ShadowedCalls<>(named, version, shadow, answer -> answer);
    answers = new ShadowedCalls<>(named.answers(), version, shadow, Answer::value);
  }

  @Override
  public String toString() {
    return calls.toString();
  }

  /** Writes the version of an answer. */
  private static final class Versioned<I, O> extends ForwardingPredictor<I, O> {
    private final String version;

    Versioned(Predictor<I, O> predictor, String version) {
      super(predictor);
      this.version = version;
    }

    private void tell(CallOptions options) {
      AnswerFacts facts = AnswerFacts.of(options);
      if (facts != null) {
        facts.version(version);
      }
    }

    @Override
    public CompletableFuture<O> submit(I input, CallOptions options) {
      tell(options);
      return super.submit(input, options);
    }

    @Override
    public O predict(I input, CallOptions options) {
      tell(options);
      return super.predict(input, options);
    }

    @Override
    public List<O> predictAll(List<I> inputs, CallOptions options) {
      tell(options);
      return super.predictAll(inputs, options);
    }

    @Override
    public String toString() {
      return inner().toString();
    }
  }
}
