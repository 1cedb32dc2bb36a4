package dev.inproc.examples.springboot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The service as it is started, asked over HTTP. */
class FaqApplicationTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static ConfigurableApplicationContext service;

  @BeforeAll
  static void start() {
    SpringApplication application = new SpringApplication(FaqApplication.class);
    application.addInitializers(
        context -> context.getBeanFactory().addBeanPostProcessor(new FailingQuestions()));
    service = application.run("--server.port=0");
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void search_question_bestMatchesFirst() throws Exception {
    HttpResponse<String> response = get("q=" + encoded("cant remember my login pasword, help"));
    assertEquals(200, response.statusCode());
    assertTrue(response.headers().firstValue("Content-Type").orElse("").contains("json"));
    JsonArray matches = JsonParser.parseString(response.body()).getAsJsonArray();
    assertEquals(3, matches.size());
    JsonObject best = matches.get(0).getAsJsonObject();
    assertEquals(
        "I forgot my password, how can I set a new one?", best.get("question").getAsString());
    assertTrue(
        best.get("answer").getAsString().startsWith("On the sign-in page, select Forgotten"));
    double before = 1;
    for (var match : matches) {
      double score = match.getAsJsonObject().get("score").getAsDouble();
      assertTrue(score <= before && score > 0, response.body());
      before = score;
    }
  }

  @Test
  void search_k_isHowManyCome() throws Exception {
    assertEquals(1, JsonParser.parseString(get("q=refund&k=1").body()).getAsJsonArray().size());
    assertEquals(20, JsonParser.parseString(get("q=refund&k=20").body()).getAsJsonArray().size());
  }

  @Test
  void search_badRequest_saysWhatWasExpected() throws Exception {
    for (String query : List.of("q=", "q=%20", "q=refund&k=0", "q=refund&k=21")) {
      HttpResponse<String> response = get(query);
      assertEquals(400, response.statusCode(), query);
      assertTrue(response.body().contains("k from 1 to 20"), response.body());
    }
    assertEquals(400, get("q=refund&k=many").statusCode());
    assertEquals(400, get("k=3").statusCode());
  }

  @Test
  void search_overloaded_is503WithATimeToComeAgain() throws Exception {
    HttpResponse<String> response = get("q=" + FailingQuestions.OVERLOAD);
    assertEquals(503, response.statusCode());
    assertEquals("3", response.headers().firstValue("Retry-After").orElse(""));
  }

  @Test
  void search_late_is504() throws Exception {
    assertEquals(504, get("q=" + FailingQuestions.LATE).statusCode());
  }

  @Test
  void search_manyAtOnce_eachItsOwnAnswer() throws Exception {
    List<String> questions = List.of("reset password", "rent a cello", "refund", "track parcel");
    List<String> alone = new ArrayList<>();
    for (String question : questions) {
      alone.add(firstQuestion(get("q=" + encoded(question)).body()));
    }
    List<CompletableFuture<HttpResponse<String>>> together =
        IntStream.range(0, 64)
            .mapToObj(
                i -> HTTP.sendAsync(request("q=" + encoded(questions.get(i % 4))), asString()))
            .toList();
    for (int i = 0; i < together.size(); i++) {
      assertEquals(alone.get(i % 4), firstQuestion(together.get(i).get().body()));
    }
  }

  private static String firstQuestion(String body) {
    return JsonParser.parseString(body)
        .getAsJsonArray()
        .get(0)
        .getAsJsonObject()
        .get("question")
        .getAsString();
  }

  private static HttpResponse<String> get(String query) throws IOException, InterruptedException {
    return HTTP.send(request(query), asString());
  }

  private static HttpResponse.BodyHandler<String> asString() {
    return HttpResponse.BodyHandlers.ofString();
  }

  private static HttpRequest request(String query) {
    String port = service.getEnvironment().getRequiredProperty("local.server.port");
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/search?" + query))
        .build();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
