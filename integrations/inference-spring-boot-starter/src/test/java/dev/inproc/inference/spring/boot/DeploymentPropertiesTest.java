package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class DeploymentPropertiesTest {
  private static final Tensors EXAMPLE = Tensors.of("x", Tensor.of(new float[] {1, 0.5f, 2}));

  @TempDir Path directory;

  record Search(Predictor<String, float[]> texts, Predictor<Tensors, Tensors> numbers) {}

  @Configuration(proxyBeanMethods = false)
  static class Models {
    @Bean
    Search search(Predictor<String, float[]> texts, Predictor<Tensors, Tensors> numbers) {
      return new Search(texts, numbers);
    }
  }

  @Test
  void versions_ofARepository_areServedAndTheLabelIsFollowed() throws IOException {
    try (ModelRepository repository = ModelRepository.open(directory)) {
      publish(repository, "score", Map.of("model.onnx", Path.of(Contexts.SCORER)));
      publish(repository, "score", Map.of("model.onnx", Path.of(Contexts.SCORER)));
      repository.setLabel("score", "stable", 1, "test", "");
      Map<String, Path> files = new LinkedHashMap<>();
      files.put("model.onnx", copied("all-minilm-l6-v2-q.onnx"));
      files.put("tokenizer.json", copied("all-minilm-l6-v2-q-tokenizer.json"));
      publish(repository, "minilm", files);

      Contexts.runner()
          .withPropertyValues(
              "inproc.models.numbers.deployment.repository=" + directory,
              "inproc.models.numbers.deployment.model=score",
              "inproc.models.numbers.deployment.label=stable",
              "inproc.models.texts.deployment.repository=file:" + directory,
              "inproc.models.texts.deployment.model=minilm",
              "inproc.models.texts.text.pooling=mean",
              "inproc.models.texts.cache.enabled=true")
          .withUserConfiguration(Models.class)
          .run(
              context -> {
                Search search = context.getBean(Search.class);
                assertThat(search.numbers().predict(EXAMPLE).get("y").toFloats()[0])
                    .isBetween(0.777f, 0.778f);
                assertThat(search.texts().predict("how do refunds work")).hasSize(384);
                Deployment<?, ?> numbers = search.numbers().find(Deployment.class).orElseThrow();
                assertThat(numbers.version().version()).isEqualTo(1);
                assertThat(ModelHealth.of(search.texts()).details())
                    .containsEntry("version", "minilm@1");

                repository.setLabel("score", "stable", 2, "test", "");
                long end = System.nanoTime() + 30_000_000_000L; // it looks each five seconds
                while (numbers.version().version() != 2 && System.nanoTime() < end) {
                  Thread.onSpinWait();
                }
                assertThat(numbers.version().version()).isEqualTo(2);
              });
    }
  }

  private static void publish(ModelRepository repository, String model, Map<String, Path> files) {
    Manifest manifest = Manifest.builder("onnx").main("model.onnx").build();
    var unused = repository.publish(model, manifest, files);
  }

  private Path copied(String resource) throws IOException {
    Path file = directory.resolveSibling(directory.getFileName() + resource);
    try (InputStream in = DeploymentPropertiesTest.class.getResourceAsStream("/" + resource)) {
      Files.copy(Objects.requireNonNull(in), file);
    }
    return file;
  }
}
