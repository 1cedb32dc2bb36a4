package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.cache.Caching;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.text.LongTexts;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Each property reaches the option of its name. */
class PropertiesTest {
  private static final Map<String, Object> ALL = new LinkedHashMap<>();

  static {
    ALL.put("text.pooling", "last-token");
    ALL.put("text.normalized", "false");
    ALL.put("text.query-prefix", "query: ");
    ALL.put("text.passage-prefix", "passage: ");
    ALL.put("text.max-tokens", "100");
    ALL.put("text.long-texts", "split-and-average");
    ALL.put("session.parallelism", "3");
    ALL.put("session.intra-op-threads", "2");
    ALL.put("session.devices", "cuda:1?,cpu");
    ALL.put("session.max-batch-size", "64");
    ALL.put("session.max-queued", "11");
    ALL.put("session.max-run-bytes", "1MB");
    ALL.put("session.max-idle-bytes", "2MB");
    ALL.put("session.max-model-bytes", "3MB");
    ALL.put("session.pad.ids", "7");
    ALL.put("session.input-shapes.x", "[batch, 3]");
    ALL.put("batching.max-batch-size", "5");
    ALL.put("batching.max-delay", "4ms");
    ALL.put("batching.max-queued", "6");
    ALL.put("batching.max-queued-bytes", "8KB");
    ALL.put("cache.enabled", "true");
    ALL.put("cache.max-entries", "9");
    ALL.put("cache.time-to-live", "10m");
    ALL.put("cache.refresh-after", "5m");
    ALL.put("cache.failures-for", "1s");
  }

  @Test
  void properties_allGiven_makeTheOptions() {
    ModelProperties model = bind(false);
    SessionOptions session = ModelOptions.session(model);
    assertThat(session.parallelism()).isEqualTo(3);
    assertThat(session.intraOpThreads()).isEqualTo(2);
    assertThat(session.devices().toString()).isEqualTo("[cuda:1, cpu]");
    assertThat(session.devices().get(0).isRequired()).isFalse();
    assertThat(session.maxBatchSize()).isEqualTo(64);
    assertThat(session.maxQueued()).isEqualTo(11);
    assertThat(session.maxRunBytes()).isEqualTo(1 << 20);
    assertThat(session.maxIdleBytes()).isEqualTo(2 << 20);
    assertThat(session.maxModelBytes()).isEqualTo(3 << 20);
    assertThat(session.padValues()).isEqualTo(Map.of("ids", 7.0));
    assertThat(session.inputShapes()).containsKey("x");
    assertThat(ModelOptions.batching(model))
        .isEqualTo(
            Batching.upTo(5)
                .withMaxDelay(Duration.ofMillis(4))
                .withMaxQueued(6)
                .withMaxQueuedBytes(8192)
                .withParallelism(3));
    TextOptions text =
        ModelOptions.text(model, ModelOptions.layers("faq", model, float[].class)).build();
    assertThat(text.pooling()).isEqualTo(Pooling.LAST_TOKEN);
    assertThat(text.normalized()).isFalse();
    assertThat(text.queryPrefix()).isEqualTo("query: ");
    assertThat(text.passagePrefix()).isEqualTo("passage: ");
    assertThat(text.maxTokens()).isEqualTo(100);
    assertThat(text.longTexts()).isEqualTo(LongTexts.SPLIT_AND_AVERAGE);
    assertThat(ModelCache.of(model.cache(), float[].class))
        .isEqualTo(
            Caching.exact(9)
                .withAnswers(float[].class)
                .withTimeToLive(Duration.ofMinutes(10))
                .withRefreshAfter(Duration.ofMinutes(5))
                .withFailuresFor(Duration.ofSeconds(1)));
  }

  @Test
  void properties_notGiven_leaveTheLibrarysDefaults() {
    ModelProperties model =
        binder(Map.of("inproc.models.faq.location", "x"), false)
            .bind("inproc", InprocProperties.class)
            .get()
            .models()
            .get("faq");
    SessionOptions session = ModelOptions.session(model);
    assertThat(session.maxQueued()).isEqualTo(SessionOptions.DEFAULT.maxQueued());
    assertThat(session.maxRunBytes()).isEqualTo(SessionOptions.DEFAULT.maxRunBytes());
    assertThat(session.devices()).isEqualTo(SessionOptions.DEFAULT.devices());
    assertThat(ModelOptions.batching(model)).isEqualTo(Batching.upTo(32));
    assertThat(model.warmUp()).isEqualTo(List.of(1));
    assertThat(model.cache().enabled()).isFalse();
  }

  @Test
  void properties_ofTheProcessEnvironment_areBoundToo() {
    ModelProperties model = bind(true);
    assertThat(ModelOptions.batching(model).maxQueuedBytes()).isEqualTo(8192);
    assertThat(model.text().longTexts()).isEqualTo(LongTexts.SPLIT_AND_AVERAGE);
    assertThat(model.session().maxBatchSize()).isEqualTo(64);
  }

  private static ModelProperties bind(boolean ofProcess) {
    Map<String, Object> values = new LinkedHashMap<>();
    ALL.forEach(
        (name, value) -> {
          String full = "inproc.models.faq." + name;
          String variable =
              full.replace("-", "").replace('.', '_').toUpperCase(java.util.Locale.ROOT);
          values.put(ofProcess ? variable : full, value);
        });
    return binder(values, ofProcess)
        .bind("inproc", InprocProperties.class)
        .get()
        .models()
        .get("faq");
  }

  private static Binder binder(Map<String, Object> values, boolean ofProcess) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .addFirst(
            ofProcess
                ? new SystemEnvironmentPropertySource("test-systemEnvironment", values)
                : new org.springframework.core.env.MapPropertySource("test", values));
    ConfigurationPropertySources.attach(environment);
    return Binder.get(environment);
  }
}
