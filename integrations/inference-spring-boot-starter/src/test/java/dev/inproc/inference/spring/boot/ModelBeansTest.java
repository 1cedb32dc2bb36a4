package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.BatchingStats;
import dev.inproc.inference.cache.CacheControl;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.monitoring.MeteringStats;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.text.TextEmbedder;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class ModelBeansTest {
  private static final Tensors EXAMPLE = Tensors.of("x", Tensor.of(new float[] {1, 0.5f, 2}));

  /** Takes models as applications do. */
  record Search(
      Predictor<String, float[]> byName,
      Predictor<String, float[]> byQualifier,
      TextEmbedder type) {}

  record Scoring(Predictor<Tensors, Tensors> score) {}

  @Configuration(proxyBeanMethods = false)
  static class TwoEmbedders {
    @Bean
    Search search(
        Predictor<String, float[]> faq,
        @Qualifier("other") Predictor<String, float[]> another,
        @Qualifier("faq") TextEmbedder embedder) {
      return new Search(faq, another, embedder);
    }

    @Bean
    Scoring scoring(Predictor<Tensors, Tensors> predictor) {
      return new Scoring(predictor);
    }
  }

  @Test
  void models_ofThreeNames_areInjectedByNameQualifierAndType() {
    AtomicReference<Predictor<String, float[]>> kept = new AtomicReference<>();
    Contexts.scorer(Contexts.FAQ)
        .withPropertyValues(
            "inproc.models.other.location=classpath:all-minilm-l6-v2-q.onnx",
            "inproc.models.other.tokenizer=classpath:all-minilm-l6-v2-q-tokenizer.json",
            "inproc.models.other.text.pooling=cls",
            "inproc.models.other.timeout=30s",
            "inproc.models.other.cache.enabled=true",
            "inproc.models.other.batching.max-batch-size=7",
            "inproc.models.other.batching.max-queued=99")
        .withUserConfiguration(TwoEmbedders.class)
        .run(
            context -> {
              Search search = context.getBean(Search.class);
              float[] mean = search.byName().predict("how do refunds work");
              float[] cls = search.byQualifier().predict("how do refunds work");
              assertThat(mean).hasSize(384).isNotEqualTo(cls);
              assertThat(search.type().predict("how do refunds work")).isEqualTo(mean);
              assertThat(search.byQualifier().predict("how do refunds work")).isEqualTo(cls);

              CacheControl cache = search.byQualifier().find(CacheControl.class).orElseThrow();
              assertThat(cache.metrics().hits()).isEqualTo(1);
              assertThat(search.byName().find(CacheControl.class)).isEmpty();
              assertThat(search.byQualifier().toString()).contains("PT30S");
              assertThat(figure(search.byQualifier(), "queue.capacity")).isEqualTo(99.0);
              assertThat(search.byName().find(BatchingStats.class)).isPresent();
              assertThat(search.byName().find(MeteringStats.class)).isPresent();

              Tensors answer = context.getBean(Scoring.class).score().predict(EXAMPLE);
              assertThat(answer.get("y").toFloats()[0]).isEqualTo(0.7772999f, Offset.offset(1e-6f));
              kept.set(search.byName());
            });
    Assertions.assertThatThrownBy(() -> kept.get().predict("late", CallOptions.DEFAULT))
        .isInstanceOf(PredictorClosedException.class);
  }

  private static Object figure(Predictor<?, ?> model, String name) {
    return model
        .describe()
        .all()
        .flatMap(layer -> layer.figure(name).stream())
        .map(Figure::value)
        .findFirst()
        .orElseThrow();
  }

  @Configuration(proxyBeanMethods = false)
  static class BeanOfThatName {
    @Bean
    String score() {
      return "taken";
    }
  }

  @Test
  void model_ofABeansName_isRefused() {
    Contexts.scorer()
        .withUserConfiguration(BeanOfThatName.class)
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .hasMessageContaining("has a bean of this name already"));
  }

  @Test
  void lazyInitialization_ofTheApplication_loadsTheModelsAllTheSame() {
    Contexts.scorer("spring.main.lazy-initialization=true")
        .withInitializer(
            context ->
                context.addBeanFactoryPostProcessor(
                    new org.springframework.boot.LazyInitializationBeanFactoryPostProcessor()))
        .run(context -> assertThat(context.getBeanFactory().containsSingleton("score")).isTrue());
  }

  @Test
  void primary_ofTwoModels_isChosenByType() {
    Contexts.scorer(
            "inproc.models.second.location=" + Contexts.SCORER, "inproc.models.second.primary=true")
        .run(
            context ->
                assertThat(context.getBean(Predictor.class)).isSameAs(context.getBean("second")));
  }

  @Test
  void noModel_inTheProperties_makesNoBean() {
    Contexts.runner()
        .withPropertyValues("inproc.other=1")
        .run(context -> assertThat(context).doesNotHaveBean(InprocModels.class));
  }
}
