package dev.inproc.inference.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which model keeps the application from starting, why, and what to do. */
final class ModelFailureAnalyzer extends AbstractFailureAnalyzer<ModelStartException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, ModelStartException cause) {
    return new FailureAnalysis(cause.getMessage() + ".", cause.action(), rootFailure);
  }
}
