package dev.inproc.inference.spring.boot.service;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The same web application with a model that it loads and warms up itself, as before a starter. */
@EnableAutoConfiguration
@Import({SearchService.Controller.class, ByHand.Models.class})
public class ByHand {

  /** Starts the application. */
  public static void main(String[] args) {
    SpringApplication.run(ByHand.class, args);
  }

  /** The application's own model. */
  @Configuration(proxyBeanMethods = false)
  public static class Models {
    @Bean
    TextEmbedder faq() {
      ClassLoader classes = ByHand.class.getClassLoader();
      TextModel files =
          TextModel.of(
              ModelSource.resource(classes, "all-minilm-l6-v2-q.onnx"),
              ModelSource.resource(classes, "all-minilm-l6-v2-q-tokenizer.json"));
      TextEmbedder embedder =
          TextEmbedder.load(files, TextOptions.builder().pooling(Pooling.MEAN).build());
      var unused = embedder.predict("How do I reset my password?");
      return embedder;
    }
  }
}
