package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inproc.inference.spring.boot.service.SearchService;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootVersion;

/** A real web application under load gets SIGTERM. */
class ShutdownTest {
  private static final int CLIENTS = 8;
  private static final int BEFORE_THE_SIGNAL = 200;
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final AtomicInteger answered = new AtomicInteger();
  private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean isTerminated;
  private final CountDownLatch warm = new CountDownLatch(BEFORE_THE_SIGNAL);

  @Test
  void sigterm_underLoad_failsNoAcceptedRequest() throws Exception {
    try (Child app = start()) {
      String[] ready = app.await("READY ").split(" ", -1);
      assertThat(ready[2]).as("runs of the warm-up before the readiness").isEqualTo("1");
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        String path = i % 2 == 0 ? "/blocking?text=" : "/async?text=";
        clients.add(client("http://localhost:" + ready[1] + path, i));
      }
      clients.add(slowRequest("http://localhost:" + ready[1] + "/long?millis=3000&text="));
      clients.forEach(Thread::start);
      String unused = app.await("LONG");
      warm.await();
      long signal = System.nanoTime();
      isTerminated = true;
      app.terminate();
      String[] ended = app.await("ENDED ").split(" ", -1);
      int exit = app.exit(GRACE.toSeconds());
      Duration took = Duration.ofNanos(System.nanoTime() - signal);
      for (Thread client : clients) {
        client.join();
      }
      System.out.printf(
          "Boot %s: %d requests accepted, %d answered, %d client failures; ended %d ms after SIGTERM%n",
          SpringBootVersion.getVersion(),
          Integer.parseInt(ended[1]),
          answered.get(),
          failures.size(),
          took.toMillis());
      assertThat(failures).isEmpty();
      assertThat(answered.get()).isEqualTo(Integer.parseInt(ended[1]));
      assertThat(ended[2]).isEqualTo(ended[1]);
      assertThat(ended[3]).as("the model when beans are destroyed").isEqualTo("closed");
      assertThat(exit).isEqualTo(143); // 128 + SIGTERM
      assertThat(took).isLessThan(GRACE);
    }
  }

  private static Child start() throws IOException {
    List<String> properties = new ArrayList<>(List.of(Contexts.FAQ));
    properties.add("server.port=0");
    properties.add("server.shutdown=graceful");
    properties.add("spring.lifecycle.timeout-per-shutdown-phase=15s");
    properties.add("logging.level.root=warn");
    return Child.start(SearchService.class, List.of(), properties.toArray(String[]::new));
  }

  /** Sends requests one after the other until the server takes none. */
  private Thread client(String url, int number) {
    return new Thread(
        () -> {
          HttpClient http = HttpClient.newHttpClient();
          for (int i = 0; ; i++) {
            try {
              if (!send(http, url + encoded("client " + number + " asks question " + i))) {
                return;
              }
              warm.countDown();
            } catch (IOException e) {
              return; // the connection was refused, or closed before a request was accepted
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }
        });
  }

  private Thread slowRequest(String url) {
    return new Thread(
        () -> {
          try {
            assertThat(send(HttpClient.newHttpClient(), url + encoded("slow"))).isTrue();
          } catch (IOException | InterruptedException e) {
            failures.add("the long request: " + e);
          }
        });
  }

  private boolean send(HttpClient http, String url) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build(),
            HttpResponse.BodyHandlers.ofString());
    if (isRefused(response.statusCode())) {
      return false;
    }
    if (response.statusCode() != 200 || Float.isNaN(Float.parseFloat(response.body()))) {
      failures.add(response.statusCode() + " " + response.body());
      return false;
    }
    answered.incrementAndGet();
    return true;
  }

  /**
   * Whether Tomcat itself answered, without the application: 503 when it takes no more, or 400 when
   * the request is read after its hosts have been removed. The test compares what the application
   * accepted with what the clients received, so an accepted request cannot hide here.
   */
  private boolean isRefused(int status) {
    return status == 503 || (status == 400 && isTerminated);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
