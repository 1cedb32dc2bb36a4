package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainAndServeTest {
  @TempDir Path directory;

  @Test
  void run_trainedAndUntrained_tellsTheMoonsApartOnlyWhenTrained() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    double trained = TrainAndServe.run(out, directory.resolve("trained"), 1500);
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(trained > 0.97, text); // a straight line gets 0.88
    assertTrue(text.contains("Accuracy on 1,000 held-out points: "), text);
    text.lines().forEach(line -> assertTrue(line.length() <= 80, line));
    double untrained = TrainAndServe.run(out, directory.resolve("untrained"), 1);
    assertTrue(untrained < 0.95, "untrained " + untrained);
  }
}
