package dev.inproc.inference.spring.boot;

import dev.inproc.inference.micrometer.PredictorMeters;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Has the figures of all models as meters of the application's registries, where {@code
 * inference-micrometer} is on the class path.
 */
@AutoConfiguration(after = InprocAutoConfiguration.class)
@Conditional(OnModelsCondition.class)
public class InprocMetersAutoConfiguration {

  /** Inside, so that an application without models does not look for our class. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({MeterBinder.class, PredictorMeters.class})
  static class Meters {
    @Bean
    MeterBinder inprocMeters(InprocModels models) {
      return registry ->
          models
              .names()
              .forEach(name -> PredictorMeters.of(name, models.get(name)).bindTo(registry));
    }
  }
}
