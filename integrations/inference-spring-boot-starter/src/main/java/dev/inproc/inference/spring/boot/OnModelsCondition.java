package dev.inproc.inference.spring.boot;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Holds if a property names a model. It refers to no other class of this library, so that none is
 * loaded in an application without models.
 */
final class OnModelsCondition extends SpringBootCondition {
  private static final String MODELS = "inproc.models";

  @Override
  public ConditionOutcome getMatchOutcome(
      ConditionContext context, AnnotatedTypeMetadata metadata) {
    ConditionMessage.Builder message = ConditionMessage.forCondition("Inproc models");
    boolean isBound =
        Binder.get(context.getEnvironment())
            .bind(MODELS, Bindable.mapOf(String.class, Object.class))
            .isBound();
    return isBound
        ? ConditionOutcome.match(message.found("properties of").items(MODELS))
        : ConditionOutcome.noMatch(message.didNotFind("properties of").items(MODELS));
  }
}
