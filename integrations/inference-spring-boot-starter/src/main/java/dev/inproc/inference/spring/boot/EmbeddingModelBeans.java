package dev.inproc.inference.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.EnvironmentAware;
import org.springframework.context.ResourceLoaderAware;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/** Registers an embedding model of another library for each embedder of the properties. */
abstract class EmbeddingModelBeans
    implements ImportBeanDefinitionRegistrar, EnvironmentAware, ResourceLoaderAware {
  private final Class<?> type;
  private final String factoryBean;
  private final String suffix;
  private @Nullable Environment environment;
  private @Nullable ResourceLoader resources;

  /**
   * Creates one.
   *
   * @param type the type of the beans
   * @param factoryBean the bean whose method {@code embeddingModel} makes them
   * @param suffix what follows the model's name in theirs
   */
  EmbeddingModelBeans(Class<?> type, String factoryBean, String suffix) {
    this.type = type;
    this.factoryBean = factoryBean;
    this.suffix = suffix;
  }

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
    ModelBeans.models(environment)
        .forEach(
            (name, model) -> {
              // A version may have other dimensions than the one before: no model of a deployment.
              if (model.deployment() == null
                  && ModelBeans.kind(name, model, classes) == ModelKind.EMBEDDER) {
                registry.registerBeanDefinition(name + suffix, definition(name, model));
              }
            });
  }

  private RootBeanDefinition definition(String name, ModelProperties model) {
    RootBeanDefinition bean = new RootBeanDefinition();
    bean.setTargetType(type);
    bean.setFactoryBeanName(factoryBean);
    bean.setFactoryMethodName("embeddingModel");
    bean.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
    bean.setPrimary(model.primary());
    bean.setDescription("The embedder of " + InprocProperties.prefix(name));
    return bean;
  }
}
