package dev.inproc.inference.spring.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.generate.GenerationContext;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.aot.BeanFactoryInitializationCode;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * Tells what an application with models reads by name: the engines, and the models that lie on the
 * class path. Spring Boot adds the properties itself.
 */
final class InprocRuntimeHints implements BeanFactoryInitializationAotProcessor {
  private static final String SERVICE = "META-INF/services/dev.inproc.inference.engine.Engine";
  private static final String[] ENGINES = {
    "dev.inproc.inference.onnx.OnnxEngine", "dev.inproc.inference.tf.TensorFlowEngine"
  };

  @Override
  public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(
      ConfigurableListableBeanFactory beans) {
    if (!beans.containsBeanDefinition(ModelBeans.MODELS_BEAN)) {
      return null;
    }
    Environment environment = beans.getBean(Environment.class);
    ClassLoader given = beans.getBeanClassLoader();
    ClassLoader classes = given == null ? InprocRuntimeHints.class.getClassLoader() : given;
    return (GenerationContext generation, BeanFactoryInitializationCode code) ->
        register(generation.getRuntimeHints(), environment, classes);
  }

  private static void register(RuntimeHints hints, Environment environment, ClassLoader classes) {
    hints.resources().registerPattern(SERVICE);
    for (String engine : ENGINES) {
      hints
          .reflection()
          .registerTypeIfPresent(classes, engine, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS);
    }
    for (ModelProperties model : ModelBeanRegistrar.models(environment).values()) {
      register(hints, model.location(), classes);
      register(hints, model.tokenizer(), classes);
    }
  }

  private static void register(RuntimeHints hints, @Nullable String location, ClassLoader classes) {
    if (location == null) {
      return;
    }
    ModelLocation place = ModelLocation.of(location, classes);
    if (place.path() == null) {
      boolean isFile = place.isOnnxFile() || String.valueOf(place.resource()).endsWith(".json");
      hints.resources().registerPattern(isFile ? place.resource() : place.resource() + "/**");
    }
  }
}
