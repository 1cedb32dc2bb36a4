package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.monitoring.Metering;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;

class ModelHealthTest {
  private static final Tensors EXAMPLE = Tensors.of("x", Tensor.of(new float[] {1, 0.5f, 2}));

  @Test
  void endpoint_ofTheBootOfThisClassPath_showsEachModelAndItsEnd() {
    Contexts.scorer()
        .run(
            context -> {
              Object contributors = context.getBean("inprocHealthContributor");
              Object indicator = call(contributors, "getContributor", "score");
              Object up = health(indicator);
              assertThat(call(up, "getStatus")).hasToString("UP");
              assertThat((Map<?, ?>) call(up, "getDetails"))
                  .hasToString("{state=ready, waiting=0}");

              ((Predictor<?, ?>) context.getBean("score")).close();
              Object down = health(indicator);
              assertThat(call(down, "getStatus")).hasToString("DOWN");
              assertThat(call(down, "getDetails").toString())
                  .contains("state=closed")
                  .contains("is closed");
            });
  }

  @Test
  void endpoint_thatIsSwitchedOffOrMissing_hasNoHealth() {
    Contexts.scorer("management.health.inproc.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean("inprocHealthContributor"));
    Contexts.scorer()
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.boot.actuate.health.HealthContributor",
                "org.springframework.boot.health.contributor.HealthContributor"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasBean("score")
                    .doesNotHaveBean("inprocHealthContributor"));
  }

  @Test
  void model_whoseEngineFails_isDownAndOneThatRefusesIsUp() {
    assertThat(afterCalls(() -> new EngineException("broken", null)).isUp()).isFalse();
    ModelHealth refusing = afterCalls(() -> new OverloadedException(1, 1, Duration.ZERO));
    assertThat(refusing.isUp()).isTrue();
    assertThat(refusing.details()).containsEntry("state", "degraded").containsKey("reasons");
  }

  /** Returns the health after calls that all fail so. */
  private static ModelHealth afterCalls(Supplier<InferenceException> failure) {
    ModelHealth[] health = new ModelHealth[1];
    Contexts.scorer()
        .run(
            context -> {
              @SuppressWarnings("unchecked")
              Predictor<Tensors, Tensors> score =
                  (Predictor<Tensors, Tensors>) context.getBean("score");
              Predictor<Tensors, Tensors> failing =
                  new ForwardingPredictor<Tensors, Tensors>(score.borrowed()) {
                    @Override
                    public Tensors predict(Tensors input, CallOptions options) {
                      throw failure.get();
                    }

                    @Override
                    public String toString() {
                      return "failing";
                    }
                  }.with(Metering.named("failing"));
              for (int i = 0; i < 50; i++) {
                assertThatThrownBy(() -> failing.predict(EXAMPLE))
                    .isInstanceOf(InferenceException.class);
              }
              health[0] = ModelHealth.of(failing);
            });
    return health[0];
  }

  /** The classes of health differ between 3.5 and 4; their methods do not, but for this one. */
  private static Object health(Object indicator) {
    boolean isOld =
        Arrays.stream(indicator.getClass().getMethods())
            .anyMatch(method -> method.getName().equals("getHealth"));
    return isOld ? call(indicator, "getHealth", true) : call(indicator, "health", true);
  }

  private static Object call(Object target, String name, Object... arguments) {
    for (Method method : target.getClass().getMethods()) {
      if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
        try {
          method.setAccessible(true);
          return method.invoke(target, arguments);
        } catch (ReflectiveOperationException e) {
          throw new LinkageError(e.getMessage(), e);
        }
      }
    }
    throw new AssertionError("No method " + name + " of " + target.getClass());
  }
}
