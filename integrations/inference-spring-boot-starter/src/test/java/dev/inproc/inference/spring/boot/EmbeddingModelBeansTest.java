package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.Predictor;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.output.Response;
import org.junit.jupiter.api.Test;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The embedders as beans of LangChain4j and of Spring AI. */
class EmbeddingModelBeansTest {

  private static ApplicationContextRunner embedder(String... more) {
    return Contexts.scorer(Contexts.FAQ)
        .withConfiguration(
            AutoConfigurations.of(
                InprocLangChain4jAutoConfiguration.class, InprocSpringAiAutoConfiguration.class))
        .withPropertyValues(more);
  }

  @Test
  @SuppressWarnings("unchecked")
  void embedder_withBothLibraries_isAModelOfEachWithTheSameAnswer() {
    embedder()
        .run(
            context -> {
              float[] vector =
                  ((Predictor<String, float[]>) context.getBean("faq")).predict("refunds");
              EmbeddingModel springAi = context.getBean(EmbeddingModel.class);
              assertThat(springAi.embed("refunds")).isEqualTo(vector);
              assertThat(springAi.dimensions()).isEqualTo(384);
              dev.langchain4j.model.embedding.EmbeddingModel langChain4j =
                  context.getBean(dev.langchain4j.model.embedding.EmbeddingModel.class);
              Response<Embedding> response = langChain4j.embed("refunds");
              assertThat(response.content().vector()).isEqualTo(vector);
              assertThat(context)
                  .hasBean("faqEmbeddingModel")
                  .hasBean("faqLangChain4jEmbeddingModel");
            });
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnModel {
    @Bean
    dev.langchain4j.model.embedding.EmbeddingModel own() {
      return new dev.langchain4j.model.embedding.EmbeddingModel() {};
    }
  }

  @Test
  void embedder_besideAnApplicationsOwnModel_isNone() {
    embedder("spring.ai.model.embedding=openai")
        .withUserConfiguration(OwnModel.class)
        .run(
            context ->
                assertThat(context)
                    .hasBean("faq")
                    .hasSingleBean(dev.langchain4j.model.embedding.EmbeddingModel.class)
                    .hasBean("own")
                    .doesNotHaveBean(EmbeddingModel.class));
  }

  @Test
  void embedder_withoutTheLibraries_isABeanAllTheSame() {
    embedder()
        .withClassLoader(new FilteredClassLoader("dev.langchain4j", "org.springframework.ai"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasBean("faq")
                    .doesNotHaveBean("faqEmbeddingModel"));
  }
}
