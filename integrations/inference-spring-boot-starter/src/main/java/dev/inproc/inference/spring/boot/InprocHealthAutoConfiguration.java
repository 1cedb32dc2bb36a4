package dev.inproc.inference.spring.boot;

import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Adds the health of each model as {@code inproc/<model>} to the application's. Switched off by
 * {@code management.health.inproc.enabled=false}.
 */
@AutoConfiguration(after = InprocAutoConfiguration.class)
@Conditional(OnModelsCondition.class)
public class InprocHealthAutoConfiguration {

  /** For Boot 3.5. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({
    org.springframework.boot.actuate.health.HealthContributor.class,
    ConditionalOnEnabledHealthIndicator.class
  })
  @ConditionalOnEnabledHealthIndicator("inproc")
  static class Boot3 {
    @Bean
    org.springframework.boot.actuate.health.HealthContributor inprocHealthContributor(
        InprocModels models) {
      return org.springframework.boot.actuate.health.CompositeHealthContributor.fromMap(
          contributors(models, Boot3::indicator));
    }

    private static org.springframework.boot.actuate.health.HealthIndicator indicator(
        InprocModels models, String name) {
      return () -> {
        ModelHealth health = ModelHealth.of(models.get(name));
        return (health.isUp()
                ? org.springframework.boot.actuate.health.Health.up()
                : org.springframework.boot.actuate.health.Health.down())
            .withDetails(health.details())
            .build();
      };
    }
  }

  /** For Boot 4, which has moved the classes of health. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({
    org.springframework.boot.health.contributor.HealthContributor.class,
    org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator
        .class
  })
  @ConditionalOnMissingClass("org.springframework.boot.actuate.health.HealthContributor")
  @org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator(
      "inproc")
  static class Boot4 {
    @Bean
    org.springframework.boot.health.contributor.HealthContributor inprocHealthContributor(
        InprocModels models) {
      return org.springframework.boot.health.contributor.CompositeHealthContributor.fromMap(
          contributors(models, Boot4::indicator));
    }

    private static org.springframework.boot.health.contributor.HealthIndicator indicator(
        InprocModels models, String name) {
      return () -> {
        ModelHealth health = ModelHealth.of(models.get(name));
        return (health.isUp()
                ? org.springframework.boot.health.contributor.Health.up()
                : org.springframework.boot.health.contributor.Health.down())
            .withDetails(health.details())
            .build();
      };
    }
  }

  private static <H> Map<String, H> contributors(
      InprocModels models, BiFunction<InprocModels, String, H> indicator) {
    Function<String, H> ofName = name -> indicator.apply(models, name);
    return models.names().stream().collect(Collectors.toMap(Function.identity(), ofName));
  }
}
