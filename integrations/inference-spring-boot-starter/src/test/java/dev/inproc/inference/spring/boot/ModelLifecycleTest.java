package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class ModelLifecycleTest {
  private static final Tensors EXAMPLE = Tensors.of("x", Tensor.of(new float[] {1, 0.5f, 2}));
  private static final List<String> EVENTS = new ArrayList<>();

  /** Whatever takes requests: it stops in a phase of its own, and calls the model meanwhile. */
  @Configuration(proxyBeanMethods = false)
  static class Servers {
    @Bean
    SmartLifecycle latest(Predictor<Tensors, Tensors> score) {
      return new Server(score, Integer.MAX_VALUE - 2048);
    }

    @Bean
    SmartLifecycle earliest(Predictor<Tensors, Tensors> score) {
      return new Server(score, -1000);
    }
  }

  static final class Server implements SmartLifecycle {
    private final Predictor<Tensors, Tensors> score;
    private final int phase;
    private boolean isRunning;

    Server(Predictor<Tensors, Tensors> score, int phase) {
      this.score = score;
      this.phase = phase;
    }

    @Override
    public void start() {
      isRunning = true;
    }

    @Override
    public void stop() {
      EVENTS.add(phase + " " + score.predict(EXAMPLE).get("y").shape());
      isRunning = false;
    }

    @Override
    public boolean isRunning() {
      return isRunning;
    }

    @Override
    public int getPhase() {
      return phase;
    }
  }

  @Test
  void context_thatIsStoppedAndStarted_servesAgain() {
    Contexts.scorer()
        .run(
            context -> {
              ConfigurableApplicationContext application = context.getSourceApplicationContext();
              application.stop();
              assertThat(score(context.getBean("score"))).isEqualTo(1);
              application.start();
              assertThat(score(context.getBean("score"))).isEqualTo(1);
            });
  }

  @Test
  void context_thatCloses_drainsAfterAllThatStops() {
    EVENTS.clear();
    Contexts.scorer().withUserConfiguration(Servers.class).run(context -> {});
    assertThat(EVENTS).hasSize(2).allMatch(event -> event.endsWith("[1]"));
  }

  @Configuration(proxyBeanMethods = false)
  static class Keeping {
    private static final List<Predictor<?, ?>> MODELS = new ArrayList<>();

    @Bean
    static BeanPostProcessor keeper() {
      return new BeanPostProcessor() {
        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
          if (bean instanceof Predictor<?, ?> model) {
            MODELS.add(model);
          }
          return bean;
        }
      };
    }
  }

  @Test
  void start_thatFailsAtOneModel_closesTheOthers() {
    Keeping.MODELS.clear();
    Contexts.scorer(
            "inproc.models.wrong.location=" + Contexts.SCORER,
            "inproc.models.wrong.engine=tensorflow")
        .withUserConfiguration(Keeping.class)
        .run(context -> assertThat(context.getStartupFailure()).hasMessageContaining("\"wrong\""));
    assertThat(Keeping.MODELS).hasSize(1);
    assertThatThrownBy(() -> score(Keeping.MODELS.get(0)))
        .isInstanceOf(PredictorClosedException.class);
  }

  @Test
  void drain_withinAPhase_endsBeforeThePhaseDoes() {
    assertThat(ModelLifecycle.within(Duration.ofSeconds(30))).isEqualTo(Duration.ofSeconds(28));
    assertThat(ModelLifecycle.within(Duration.ofSeconds(1))).isEqualTo(Duration.ofMillis(500));
  }

  @SuppressWarnings("unchecked")
  private static long score(Object model) {
    return ((Predictor<Tensors, Tensors>) model).predict(EXAMPLE).get("y").shape().elements();
  }
}
