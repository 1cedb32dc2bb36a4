package dev.inproc.inference.spring.boot;

import java.time.Duration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/**
 * Makes a bean of each model that the properties {@code inproc.models.*} describe. Without such a
 * property nothing is done.
 */
@AutoConfiguration
@Conditional(OnModelsCondition.class)
@EnableConfigurationProperties(InprocProperties.class)
@Import(ModelBeans.class)
public class InprocAutoConfiguration {
  private static final String PHASE_TIMEOUT = "spring.lifecycle.timeout-per-shutdown-phase";
  private static final Duration DEFAULT_PHASE_TIMEOUT = Duration.ofSeconds(30); // Boot's own

  /** The models, which it owns. */
  @Bean(name = ModelBeans.MODELS_BEAN)
  static InprocModels inprocModels(
      InprocProperties properties, ResourceLoader resources, Environment environment) {
    ClassLoader given = resources.getClassLoader();
    ClassLoader classes = given == null ? InprocAutoConfiguration.class.getClassLoader() : given;
    return new InprocModels(properties, classes, drainWithin(environment));
  }

  /** Closes the models in order. */
  @Bean
  static ModelLifecycle inprocModelLifecycle(InprocModels models, Environment environment) {
    return new ModelLifecycle(models, drainWithin(environment));
  }

  private static Duration drainWithin(Environment environment) {
    return ModelLifecycle.within(
        Binder.get(environment).bind(PHASE_TIMEOUT, Duration.class).orElse(DEFAULT_PHASE_TIMEOUT));
  }
}
