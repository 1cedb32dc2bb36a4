package dev.inproc.inference.spring.boot;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.text.CrossEncoder;
import dev.inproc.inference.text.TextClassifier;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextPair;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.ResolvableType;

/** Registers a bean for each model of the properties, of its name and of the type of its kind. */
final class ModelBeans extends ModelBeanRegistrar {
  static final String MODELS_BEAN = "inprocModels";

  @Override
  void register(
      String name,
      ModelProperties model,
      @Nullable ClassLoader classes,
      BeanDefinitionRegistry registry) {
    if (registry.containsBeanDefinition(name)) {
      throw Misconfigured.nameTaken(name, registry.getBeanDefinition(name));
    }
    registry.registerBeanDefinition(name, definition(name, model, classes));
  }

  private static BeanDefinition definition(
      String name, ModelProperties model, @Nullable ClassLoader classes) {
    RootBeanDefinition bean = new RootBeanDefinition();
    bean.setTargetType(type(name, model, classes));
    bean.setFactoryBeanName(MODELS_BEAN);
    bean.setFactoryMethodName("get");
    bean.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
    bean.setPrimary(model.primary());
    bean.setLazyInit(false); // the application is ready once the model is, however lazy it is
    bean.setDestroyMethodName(""); // its owner closes it
    bean.setDescription("The model of " + InprocProperties.prefix(name));
    bean.setRole(BeanDefinition.ROLE_APPLICATION);
    return bean;
  }

  private static ResolvableType type(
      String name, ModelProperties model, @Nullable ClassLoader classes) {
    return switch (kind(name, model, classes)) {
      case EMBEDDER ->
          model.deployment() == null
              ? ResolvableType.forClass(TextEmbedder.class)
              : predictor(ResolvableType.forClass(String.class), float[].class);
      case CROSS_ENCODER ->
          model.deployment() == null
              ? ResolvableType.forClass(CrossEncoder.class)
              : predictor(ResolvableType.forClass(TextPair.class), Float.class);
      case CLASSIFIER ->
          model.deployment() == null
              ? ResolvableType.forClass(TextClassifier.class)
              : ResolvableType.forClassWithGenerics(
                  Predictor.class,
                  ResolvableType.forClass(String.class),
                  ResolvableType.forClassWithGenerics(Map.class, String.class, Float.class));
      case TENSORS -> predictor(ResolvableType.forClass(Tensors.class), Tensors.class);
    };
  }

  private static ResolvableType predictor(ResolvableType request, Class<?> answer) {
    return ResolvableType.forClassWithGenerics(
        Predictor.class, request, ResolvableType.forClass(answer));
  }

  /** Returns what a model is for, as its properties or else its files tell. */
  static ModelKind kind(String name, ModelProperties model, @Nullable ClassLoader classes) {
    PropertyChecks.check(name, model);
    if (model.kind() != null) {
      return model.kind();
    }
    ClassLoader loader = classes == null ? ModelBeans.class.getClassLoader() : classes;
    try {
      return model.deployment() != null
          ? DeploymentLoader.kind(name, model, model.deployment())
          : ModelInspection.kind(
              Misconfigured.location(name, model, loader), model.tokenizer() != null);
    } catch (IllegalArgumentException e) {
      throw Misconfigured.failed(name, e);
    }
  }
}
