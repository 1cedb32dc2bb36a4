package dev.inproc.inference.spring.boot;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.EnvironmentAware;
import org.springframework.context.ResourceLoaderAware;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/** Registers beans for each model of the properties. */
abstract class ModelBeanRegistrar
    implements ImportBeanDefinitionRegistrar, EnvironmentAware, ResourceLoaderAware {
  private @Nullable Environment environment;
  private @Nullable ResourceLoader resources;

  @Override
  public void setEnvironment(Environment newEnvironment) {
    environment = newEnvironment;
  }

  @Override
  public void setResourceLoader(ResourceLoader newResources) {
    resources = newResources;
  }

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata importing, BeanDefinitionRegistry registry) {
    ClassLoader given = resources == null ? null : resources.getClassLoader();
    ClassLoader classes = given != null ? given : ClassUtils.getDefaultClassLoader();
    models(environment).forEach((name, model) -> register(name, model, classes, registry));
  }

  /** Registers the beans of one model. */
  abstract void register(
      String name,
      ModelProperties model,
      @Nullable ClassLoader classes,
      BeanDefinitionRegistry registry);

  /** Returns the models of the properties. What is wrong in these, the bean of them reports. */
  static Map<String, ModelProperties> models(@Nullable Environment environment) {
    return environment == null
        ? Map.of()
        : Binder.get(environment)
            .bind(InprocProperties.PREFIX, InprocProperties.class)
            .map(InprocProperties::models)
            .orElse(Map.of());
  }
}
