package dev.inproc.inference.spring.boot;

import dev.inproc.inference.langchain4j.InprocEmbeddingModel;
import dev.inproc.inference.text.TextEmbedder;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

/**
 * Makes each embedder LangChain4j's {@code EmbeddingModel} too, as the bean {@code
 * <model>LangChain4jEmbeddingModel}, where {@code inference-langchain4j} is on the class path and
 * no other bean is one.
 */
@AutoConfiguration(after = InprocAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE) // after other libraries' embedding models
@Conditional(OnModelsCondition.class)
public class InprocLangChain4jAutoConfiguration {

  /** Inside, so that an application without models does not look for our class. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({EmbeddingModel.class, InprocEmbeddingModel.class})
  @ConditionalOnMissingBean(EmbeddingModel.class)
  @Import(Beans.class)
  static class LangChain4j {
    @Bean
    Factory inprocLangChain4j(
        InprocModels models, ObjectProvider<EmbeddingModelListener> listeners) {
      return new Factory(models, listeners);
    }
  }

  static final class Beans extends EmbeddingModelBeans {
    Beans() {
      super(EmbeddingModel.class, "inprocLangChain4j", "LangChain4jEmbeddingModel");
    }
  }

  /** Makes the beans. */
  static final class Factory {
    private final InprocModels models;
    private final ObjectProvider<EmbeddingModelListener> listeners;

    Factory(InprocModels models, ObjectProvider<EmbeddingModelListener> listeners) {
      this.models = models;
      this.listeners = listeners;
    }

    EmbeddingModel embeddingModel(String name) {
      return InprocEmbeddingModel.builder((TextEmbedder) models.get(name))
          .modelName(name)
          .listeners(listeners.orderedStream().toList())
          .borrowed()
          .build();
    }
  }
}
