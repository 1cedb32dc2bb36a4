package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

/** Spring's ahead-of-time processing of an application with models. */
class InprocRuntimeHintsTest {

  @Test
  void application_processedAheadOfTime_hasBeansAndHintsOfItsModels() {
    InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    DefaultGenerationContext generation =
        new DefaultGenerationContext(
            new ClassNameGenerator(ClassName.get("dev.inproc.inference.spring.boot", "Test")),
            files);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      TestPropertyValues.of(Contexts.FAQ)
          .and(
              "inproc.models.folder.location=classpath:models/faq",
              "inproc.models.folder.kind=embedder")
          .applyTo(context);
      context.register(
          InprocAutoConfiguration.class,
          InprocHealthAutoConfiguration.class,
          InprocMetersAutoConfiguration.class);
      ClassName initializer =
          new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
      assertThat(initializer).isNotNull();
      generation.writeGeneratedContent();
    }
    assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
        .anyMatch(file -> file.contains("InprocModels"));
    RuntimeHints hints = generation.getRuntimeHints();
    for (String resource :
        List.of(
            "all-minilm-l6-v2-q.onnx",
            "all-minilm-l6-v2-q-tokenizer.json",
            "models/faq/onnx/model.onnx",
            "META-INF/services/dev.inproc.inference.engine.Engine")) {
      assertThat(RuntimeHintsPredicates.resource().forResource(resource).test(hints))
          .as(resource)
          .isTrue();
    }
    for (Class<?> type :
        List.of(
            InprocProperties.class,
            ModelProperties.class,
            ModelProperties.TextProperties.class,
            ModelProperties.BatchingProperties.class)) {
      assertThat(hints.reflection().getTypeHint(type)).as(type.getName()).isNotNull();
      assertThat(hints.reflection().getTypeHint(type).constructors()).isNotEmpty();
    }
    assertThat(
            RuntimeHintsPredicates.reflection()
                .onType(dev.inproc.inference.onnx.OnnxEngine.class)
                .test(hints))
        .isTrue();
  }
}
