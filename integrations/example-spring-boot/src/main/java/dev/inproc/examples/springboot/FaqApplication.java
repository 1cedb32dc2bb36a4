package dev.inproc.examples.springboot;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Searches a shop's FAQ by meaning. The starter loads the model that {@code application.properties}
 * names.
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
}
