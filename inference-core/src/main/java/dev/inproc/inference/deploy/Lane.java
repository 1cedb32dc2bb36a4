package dev.inproc.inference.deploy;

import dev.inproc.inference.Answer;
import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.model.ModelVersion;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One version in memory: its predictor, and views of it that name the version. Several lanes may be
 * views of one predictor for calls of different arms; the lane that was made first owns it.
 */
final class Lane<I, O> {
  final ModelVersion version;

  /** As the factory made it. */
  final Predictor<I, O> predictor;

  /** Answers calls, and writes the version to the facts of those that gather facts. */
  final Predictor<I, O> calls;

  final Predictor<I, Answer<O>> answers;

  /** The sessions that a control lane of this version may borrow. */
  final SharedSessions sessions;

  private final ShadowSlot<I, O> shadow;

  Lane(ModelVersion version, Predictor<I, O> predictor) {
    this(version, predictor, new SharedSessions(), new ShadowSlot<>());
  }

  /**
   * Creates one.
   *
   * @param shadow where the shadow is that gets copies of the calls
   */
  Lane(
      ModelVersion version,
      Predictor<I, O> predictor,
      SharedSessions sessions,
      ShadowSlot<I, O> shadow) {
    this(
        version, predictor, sessions, shadow, new Versioned<>(predictor, version.toString(), null));
  }

  private Lane(
      ModelVersion version,
      Predictor<I, O> predictor,
      SharedSessions sessions,
      ShadowSlot<I, O> shadow,
      Predictor<I, O> named) {
    this.version = version;
    this.predictor = predictor;
    this.sessions = sessions;
    this.shadow = shadow;
    calls = new ShadowedCalls<>(named, version, shadow, answer -> answer);
    answers = new ShadowedCalls<>(named.answers(), version, shadow, Answer::value);
  }

  /** Returns this lane for the calls of an arm, whose answers name it. */
  Lane<I, O> as(String arm) {
    return new Lane<>(
        version, predictor, sessions, shadow, new Versioned<>(predictor, version.toString(), arm));
  }

  /** Returns this lane for the calls of an arm whose ends are told. */
  Lane<I, O> as(String arm, ObservedPredictor.Observer<O> observer) {
    Predictor<I, O> observed = new ObservedPredictor<>(predictor, observer);
    return new Lane<>(
        version, predictor, sessions, shadow, new Versioned<>(observed, version.toString(), arm));
  }

  @Override
  public String toString() {
    return calls.toString();
  }

  /** Writes the version of an answer, and its arm if it has one. */
  private static final class Versioned<I, O> extends ForwardingPredictor<I, O> {
    private final String version;
    private final @Nullable String arm;

    Versioned(Predictor<I, O> predictor, String version, @Nullable String arm) {
      super(predictor);
      this.version = version;
      this.arm = arm;
    }

    private void tell(CallOptions options) {
      AnswerFacts facts = AnswerFacts.of(options);
      if (facts != null) {
        facts.version(version);
        facts.arm(arm); // an earlier attempt may have told another
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
