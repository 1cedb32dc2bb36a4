package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SimilarQuestionsTest {
  @Test
  void run_fewRequests_accountsForEachAndServesNothingWhileItLearns() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    int requests = 60;
    SimilarQuestions.run(out, requests);
    String text = bytes.toString(StandardCharsets.UTF_8);
    for (int column = 0; column < 2; column++) {
      assertEquals(0, value(text, "similarity hits", column), text);
      assertTrue(value(text, "the model ran: learning", column) > 10, text);
      long sum = value(text, "exact hits", column) + value(text, "audits", column);
      Matcher ran = Pattern.compile("(?m)^the model ran: [a-z ]+").matcher(text);
      while (ran.find()) {
        sum += value(text, ran.group().strip(), column);
      }
      assertEquals(requests, sum, text);
    }
    text.lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }

  private static long value(String text, String row, int column) {
    Matcher line = Pattern.compile("(?m)^" + row + " +([0-9,]+) +([0-9,]+)$").matcher(text);
    assertTrue(line.find(), row + " in " + text);
    return Long.parseLong(line.group(column + 1).replace(",", ""));
  }

  @Test
  void stream_sameSeed_isTheSameAndAsksPopularQuestionsInManyWays() {
    ParaphraseStream stream = new ParaphraseStream(1, 2000);
    List<String> requests = stream.requests();
    assertEquals(requests, new ParaphraseStream(1, 2000).requests());
    assertEquals(2000, requests.size());
    assertEquals(new HashSet<>(requests), stream.answers().keySet());
    long meanings = stream.answers().values().stream().distinct().count();
    assertTrue(meanings > 60 && meanings <= 90, meanings + " meanings");
    assertTrue(stream.answers().size() > 3 * meanings, stream.answers().size() + " texts");
  }

  @Test
  void stream_citiesTheOtherWayRound_haveAnotherAnswer() {
    ParaphraseStream stream = new ParaphraseStream(1, 5000);
    Pattern flight = Pattern.compile("the cheapest flight from (\\w+) to (\\w+)");
    boolean isFound = false;
    for (String answer : new HashSet<>(stream.answers().values())) {
      Matcher cities = flight.matcher(answer);
      if (cities.find()) {
        String swapped =
            String.format(
                Locale.ROOT,
                "The answer to: what is the cheapest flight from %s to %s?",
                cities.group(2),
                cities.group(1));
        isFound |= stream.answers().containsValue(swapped);
      }
    }
    assertTrue(isFound);
  }
}
