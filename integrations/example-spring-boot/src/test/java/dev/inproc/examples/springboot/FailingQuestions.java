package dev.inproc.examples.springboot;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import java.time.Duration;
import org.springframework.beans.factory.config.BeanPostProcessor;

/** Wraps the service's model in a layer that fails two questions. */
final class FailingQuestions implements BeanPostProcessor {
  static final String OVERLOAD = "overload";
  static final String LATE = "late";

  @Override
  @SuppressWarnings("unchecked") // the application has one predictor
  public Object postProcessAfterInitialization(Object bean, String name) {
    return bean instanceof Predictor<?, ?> predictor
        ? new Failing((Predictor<String, float[]>) predictor)
        : bean;
  }

  private static final class Failing extends ForwardingPredictor<String, float[]> {
    Failing(Predictor<String, float[]> inner) {
      super(inner);
    }

    @Override
    public float[] predict(String question, CallOptions options) {
      return switch (question) {
        case OVERLOAD -> throw new OverloadedException(10, 10, Duration.ofMillis(2_300));
        case LATE -> throw new DeadlineExceededException(Duration.ofSeconds(2));
        default -> super.predict(question, options);
      };
    }

    @Override
    public String toString() {
      return "failing(" + inner() + ")";
    }
  }
}
