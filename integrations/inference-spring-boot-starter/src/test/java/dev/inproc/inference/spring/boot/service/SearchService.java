package dev.inproc.inference.spring.boot.service;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.monitoring.MeteringStats;
import jakarta.annotation.PreDestroy;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * A web application of one model. It prints what a test waits for: {@code READY} with the port and
 * the calls that the model has answered; {@code LONG} when it has accepted a long request; at its
 * end {@code ENDED} with the requests that it accepted and answered, and whether the model was
 * closed before this bean was destroyed.
 */
@EnableAutoConfiguration
@Import(SearchService.Controller.class)
public class SearchService {

  /** Starts the application. */
  public static void main(String[] args) {
    SpringApplication.run(SearchService.class, args);
  }

  /** Answers with the sum of a text's vector. */
  @RestController
  public static class Controller {
    private final Predictor<String, float[]> faq;
    private final Environment environment;
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    Controller(Predictor<String, float[]> faq, Environment environment) {
      this.faq = faq;
      this.environment = environment;
    }

    @GetMapping("/blocking")
    String blocking(@RequestParam("text") String text) {
      accepted.incrementAndGet();
      String answer = sum(faq.predict(text));
      answered.incrementAndGet();
      return answer;
    }

    @GetMapping("/async")
    CompletableFuture<String> async(@RequestParam("text") String text) {
      accepted.incrementAndGet();
      return faq.submit(text)
          .thenApply(
              vector -> {
                answered.incrementAndGet();
                return sum(vector);
              });
    }

    /** A request that calls the model again and again, so that it is under way at the end. */
    @GetMapping("/long")
    String manyCalls(@RequestParam("text") String text, @RequestParam("millis") long millis) {
      accepted.incrementAndGet();
      System.out.println("LONG");
      Instant end = Instant.now().plus(Duration.ofMillis(millis));
      String answer = "";
      while (Instant.now().isBefore(end)) {
        answer = sum(faq.predict(text));
      }
      answered.incrementAndGet();
      return answer;
    }

    private static String sum(float[] vector) {
      float sum = 0;
      for (float value : vector) {
        sum += value;
      }
      return Float.toString(sum);
    }

    /** The platform sends requests from here on; by then the model has run. */
    @EventListener
    void readiness(AvailabilityChangeEvent<ReadinessState> event) {
      if (event.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
        String port = environment.getProperty("local.server.port");
        long runs =
            faq.find(MeteringStats.class)
                .map(stats -> stats.metrics().total().allEnded())
                .orElse(-1L);
        long millis = ManagementFactory.getRuntimeMXBean().getUptime();
        System.out.println("READY " + port + " " + runs + " " + millis);
      }
    }

    @PreDestroy
    void end() {
      System.out.println(
          "ENDED " + accepted + " " + answered + " " + (isClosed() ? "closed" : "open"));
    }

    private boolean isClosed() {
      try {
        return faq.predict("too late").length == 0;
      } catch (PredictorClosedException e) {
        return true;
      }
    }
  }
}
