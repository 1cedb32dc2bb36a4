package dev.inproc.inference.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;

/** Registers an embedding model of another library for each embedder of the properties. */
abstract class EmbeddingModelBeans extends ModelBeanRegistrar {
  private final Class<?> type;
  private final String factoryBean;
  private final String suffix;

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
  void register(
      String name,
      ModelProperties model,
      @Nullable ClassLoader classes,
      BeanDefinitionRegistry registry) {
    // A version may have other dimensions than the one before: no model of a deployment.
    if (model.deployment() == null && ModelBeans.kind(name, model, classes) == ModelKind.EMBEDDER) {
      registry.registerBeanDefinition(name + suffix, definition(name, model));
    }
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
