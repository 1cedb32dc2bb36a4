package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** What an application that does not start says, by the analyzers that Spring Boot finds. */
class ModelFailureAnalyzerTest {
  @TempDir Path directory;

  @Test
  void location_withNothingThere_isNamedWithItsProperty() {
    FailureAnalysis analysis = fail("inproc.models.faq.location=/no/such/model");
    assertThat(analysis.getDescription())
        .isEqualTo(
            "Model \"faq\" (inproc.models.faq) cannot start: there is nothing at /no/such/model.");
    assertThat(analysis.getAction()).contains("inproc.models.faq.location").contains("readable");
    assertThat(fail("inproc.models.faq.location=models/faq").getAction())
        .contains("relative to the working directory");
    assertThat(fail("inproc.models.faq.location=classpath:models/faq/").getAction())
        .contains("on the class path");
    assertThat(fail("inproc.models.faq.location=https://example.org/x").getDescription())
        .contains("classpath: or file:");
    assertThat(fail("inproc.models.faq.timeout=1s").getAction())
        .contains("Set inproc.models.faq.location");
  }

  @Test
  void pooling_thatNothingTells_isAskedForByItsOption() {
    FailureAnalysis analysis = fail(Contexts.FAQ[0], Contexts.FAQ[1]); // all but the pooling
    assertThat(analysis.getDescription()).contains("\"faq\"").containsIgnoringCase("pooling");
    assertThat(analysis.getAction()).contains("inproc.models.faq");
  }

  @Test
  void tokenizer_thatIsMissing_isAskedForByItsProperty() {
    FailureAnalysis analysis = fail(Contexts.FAQ[0], "inproc.models.faq.kind=embedder");
    assertThat(analysis.getAction()).contains("inproc.models.faq.tokenizer");
  }

  @Test
  void engine_thatIsNotInstalled_isNamedWithItsDependency() {
    FailureAnalysis analysis =
        fail(
            "inproc.models.score.location=" + Contexts.SCORER,
            "inproc.models.score.engine=tensorflow");
    assertThat(analysis.getDescription()).contains("no engine \"tensorflow\"").contains("[onnx]");
    assertThat(analysis.getAction()).isEqualTo("Add the dependency dev.inproc:inference-tf.");
  }

  @Test
  void cache_withoutItsModule_isNamedWithItsDependency() throws Exception {
    try (Child app =
        Child.startWithout(
            "inference-cache",
            ClassLoadingTest.Empty.class,
            List.of(),
            "server.port=0",
            "inproc.models.score.location=" + Contexts.SCORER,
            "inproc.models.score.cache.enabled=true")) {
      app.await("Add the dependency dev.inproc:inference-cache, or switch the cache off:");
      assertThat(app.exit(20)).isEqualTo(1);
    }
  }

  @Test
  void model_thatIsNoModel_isRefusedWithTheEnginesReason() throws IOException {
    Path file = Files.writeString(directory.resolve("broken.onnx"), "no model");
    FailureAnalysis analysis = fail("inproc.models.score.location=" + file);
    assertThat(analysis.getDescription()).contains("broken.onnx");
  }

  @Test
  void value_thatIsUnknown_isListedWithTheKnownOnes() {
    FailureAnalysis analysis =
        fail(Contexts.FAQ[0], Contexts.FAQ[1], "inproc.models.faq.text.pooling=average");
    assertThat(analysis.getDescription()).contains("inproc.models.faq.text.pooling");
    assertThat(analysis.getDescription() + analysis.getAction()).contains("MEAN");
  }

  @Test
  void property_thatDoesNotExist_isRefused() {
    FailureAnalysis analysis =
        fail(
            "inproc.models.score.location=" + Contexts.SCORER,
            "inproc.models.score.batching.max-batchsize=9",
            "inproc.models.score.batching.maximum=9");
    assertThat(analysis.getDescription()).contains("inproc.models.score.batching.maximum");
  }

  @Test
  void option_outOfItsRange_isNamed() {
    FailureAnalysis analysis =
        fail(
            "inproc.models.score.location=" + Contexts.SCORER,
            "inproc.models.score.batching.max-queued=0");
    assertThat(analysis.getDescription()).contains("maxQueued must be at least 1, got 0");
  }

  @Test
  void options_outOfTheirRange_areRefusedBeforeTheModelIsLoaded() throws IOException {
    String file = Files.writeString(directory.resolve("broken.onnx"), "no model").toString();
    String location = "inproc.models.score.location=" + file;
    assertThat(fail(location, "inproc.models.score.timeout=0").getDescription())
        .contains("timeout must be more than zero");
    assertThat(fail(location, "inproc.models.score.batching.max-queued=0").getDescription())
        .contains("maxQueued must be at least 1");
    assertThat(
            fail(
                    location,
                    "inproc.models.score.cache.enabled=true",
                    "inproc.models.score.cache.max-entries=0")
                .getDescription())
        .contains("capacity must be at least 1");
    for (int size : new int[] {0, -1}) {
      FailureAnalysis analysis =
          fail(
              Contexts.FAQ[0],
              Contexts.FAQ[1],
              Contexts.FAQ[2],
              "inproc.models.faq.warm-up=" + size);
      assertThat(analysis.getDescription()).contains("at least 1, got " + size);
      assertThat(analysis.getAction()).contains("inproc.models.faq.warm-up");
    }
    assertThat(fail(location, "inproc.models.score.session.devices=?").getDescription())
        .contains("expected a device such as cuda:0");
  }

  @Test
  void properties_thatMeanNothingTogether_areRefused() throws IOException {
    String folder = "inproc.models.score.location=" + directory;
    Path model = Path.of(Contexts.SCORER);
    var unused = Files.copy(model, directory.resolve("model.onnx"));
    assertThat(fail(folder, "inproc.models.score.tokenizer=tokenizer.json").getAction())
        .contains("inproc.models.score.tokenizer");
    assertThat(
            fail(
                    "inproc.models.score.location=" + model,
                    "inproc.models.score.model-file=model_int8.onnx")
                .getAction())
        .contains("inproc.models.score.model-file");
    assertThat(fail("inproc.models.score.deployment.label=stable").getAction())
        .contains("Set inproc.models.score.deployment.repository");
    String repository = "inproc.models.score.deployment.repository=" + directory;
    for (String property : List.of("location", "model-file", "tokenizer")) {
      assertThat(fail(repository, "inproc.models.score." + property + "=x").getAction())
          .contains("inproc.models.score." + property);
    }
  }

  private static FailureAnalysis fail(String... properties) {
    return analyze(Contexts.runner().withPropertyValues(properties));
  }

  private static FailureAnalysis analyze(ApplicationContextRunner application) {
    List<Throwable> failure = new ArrayList<>();
    application.run(context -> failure.add(context.getStartupFailure()));
    List<FailureAnalyzer> analyzers =
        SpringFactoriesLoader.forDefaultResourceLocation()
            .load(
                FailureAnalyzer.class,
                SpringFactoriesLoader.FailureHandler.handleMessage((m, e) -> {}));
    return analyzers.stream()
        .map(analyzer -> analyzer.analyze(Objects.requireNonNull(failure.get(0), "It started")))
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow(() -> new AssertionError("No analysis", failure.get(0)));
  }
}
