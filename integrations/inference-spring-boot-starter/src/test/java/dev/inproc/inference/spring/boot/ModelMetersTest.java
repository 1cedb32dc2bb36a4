package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;

class ModelMetersTest {
  private static final Tensors EXAMPLE = Tensors.of("x", Tensor.of(new float[] {1, 0.5f, 2}));

  @Test
  @SuppressWarnings("unchecked")
  void registry_ofTheApplication_getsTheCallsOfEachModel() {
    Contexts.scorer("inproc.models.score.warm-up=")
        .run(
            context -> {
              SimpleMeterRegistry registry = new SimpleMeterRegistry();
              context.getBean("inprocMeters", MeterBinder.class).bindTo(registry);
              Predictor<Tensors, Tensors> score =
                  (Predictor<Tensors, Tensors>) context.getBean("score");
              var unused = score.predictAll(java.util.List.of(EXAMPLE, EXAMPLE, EXAMPLE));
              io.micrometer.core.instrument.FunctionCounter answered =
                  registry
                      .get("inproc.calls")
                      .tags("predictor", "score", "layer", "metering", "outcome", "answered")
                      .functionCounter();
              // Figures are at most a second old.
              org.assertj.core.api.Assertions.assertThat(answered.count()).isIn(0.0, 3.0);
              assertThat(registry.find("inproc.health").meters()).isNotEmpty();
            });
  }

  @Test
  void application_withoutMicrometer_startsWithoutMeters() {
    for (String missing : new String[] {"io.micrometer.core", "dev.inproc.inference.micrometer"}) {
      Contexts.scorer()
          .withClassLoader(new FilteredClassLoader(missing))
          .run(
              context ->
                  assertThat(context)
                      .hasNotFailed()
                      .hasBean("score")
                      .doesNotHaveBean("inprocMeters"));
    }
  }
}
