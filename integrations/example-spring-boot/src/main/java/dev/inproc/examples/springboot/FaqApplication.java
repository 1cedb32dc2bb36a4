package dev.inproc.examples.springboot;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/**
 * Searches a shop's FAQ by meaning.
 *
 * <pre>{@code
 * ./mvnw -q -Pintegrations -pl integrations/example-spring-boot -am -DskipTests package exec:java
 * curl 'localhost:8080/search?q=how+long+do+refunds+take'
 * }</pre>
 */
@SpringBootApplication(proxyBeanMethods = false)
public class FaqApplication {

  /** Serves until the process is told to end. */
  public static void main(String[] args) {
    SpringApplication.run(FaqApplication.class, args);
  }

  /** Spring closes it after the web server has answered its last request. */
  @Bean
  Predictor<String, float[]> faq() {
    ClassLoader loader = FaqApplication.class.getClassLoader();
    TextModel model =
        TextModel.of(
            ModelSource.resource(loader, "all-minilm-l6-v2.onnx"),
            ModelSource.resource(loader, "all-minilm-l6-v2-tokenizer.json"));
    return TextEmbedder.load(model, TextOptions.builder().pooling(Pooling.MEAN).build());
  }
}
