package dev.inproc.inference.spring.boot;

import java.nio.file.Path;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Applications of the tests, and their models. */
final class Contexts {
  /** A model of numbers: {@code x[batch, 3] -> y[batch, 1]}. */
  static final String SCORER = Path.of("../bom/consumer/model.onnx").toAbsolutePath().toString();

  /** MiniLM, by its two files on the class path. */
  static final String[] FAQ = {
    "inproc.models.faq.location=classpath:all-minilm-l6-v2-q.onnx",
    "inproc.models.faq.tokenizer=classpath:/all-minilm-l6-v2-q-tokenizer.json",
    "inproc.models.faq.text.pooling=mean"
  };

  private Contexts() {}

  static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                InprocAutoConfiguration.class,
                InprocHealthAutoConfiguration.class,
                InprocMetersAutoConfiguration.class));
  }

  /** An application with the small model under the name {@code score}. */
  static ApplicationContextRunner scorer(String... properties) {
    return runner()
        .withPropertyValues("inproc.models.score.location=" + SCORER)
        .withPropertyValues(properties);
  }
}
