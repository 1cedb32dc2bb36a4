package dev.inproc.inference.spring.boot;

import dev.inproc.inference.springai.InprocEmbeddingModel;
import dev.inproc.inference.text.TextEmbedder;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

/**
 * Makes each embedder Spring AI's {@code EmbeddingModel} too, as the bean {@code
 * <model>EmbeddingModel}, where {@code inference-spring-ai} is on the class path and no other bean
 * is one. Spring AI's own property {@code spring.ai.model.embedding} switches it off with any other
 * value than {@code inproc}.
 */
@AutoConfiguration(after = InprocAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE) // after other libraries' embedding models
@Conditional(OnModelsCondition.class)
public class InprocSpringAiAutoConfiguration {

  /** Inside, so that an application without models does not look for our class. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({EmbeddingModel.class, InprocEmbeddingModel.class})
  @ConditionalOnProperty(
      name = "spring.ai.model.embedding",
      havingValue = "inproc",
      matchIfMissing = true)
  @ConditionalOnMissingBean(EmbeddingModel.class)
  @Import(Beans.class)
  static class SpringAi {
    @Bean
    Factory inprocSpringAi(
        InprocModels models,
        ObjectProvider<ObservationRegistry> registry,
        ObjectProvider<EmbeddingModelObservationConvention> convention) {
      return new Factory(models, registry, convention);
    }
  }

  static final class Beans extends EmbeddingModelBeans {
    Beans() {
      super(EmbeddingModel.class, "inprocSpringAi", "EmbeddingModel");
    }
  }

  /** Makes the beans. */
  static final class Factory {
    private final InprocModels models;
    private final ObjectProvider<ObservationRegistry> registry;
    private final ObjectProvider<EmbeddingModelObservationConvention> convention;

    Factory(
        InprocModels models,
        ObjectProvider<ObservationRegistry> registry,
        ObjectProvider<EmbeddingModelObservationConvention> convention) {
      this.models = models;
      this.registry = registry;
      this.convention = convention;
    }

    EmbeddingModel embeddingModel(String name) {
      InprocEmbeddingModel.Builder builder =
          InprocEmbeddingModel.builder((TextEmbedder) models.get(name)).modelName(name).borrowed();
      registry.ifUnique(builder::observationRegistry);
      convention.ifUnique(builder::observationConvention);
      return builder.build();
    }
  }
}
