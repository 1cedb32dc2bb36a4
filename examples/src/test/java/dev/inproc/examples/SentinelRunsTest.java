package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples' own models with each run made twice over memory that held different patterns: a
 * call whose two answers differ in a bit fails. The quantized encoder runs so where it is made, in
 * {@link QuantizedMiniLmTest}.
 */
class SentinelRunsTest {
  private static final String PROPERTY = "inproc.sentinels";

  private final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());

  @BeforeEach
  void switchOn() {
    System.setProperty(PROPERTY, "true");
  }

  @AfterEach
  void switchOff() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void fraudForest_answersOfTheRunAlone() {
    FraudScoring.run(nowhere, 400, 5, 10);
  }

  @Test
  void trainedSavedModel_answersOfTheRunAlone(@TempDir Path directory) throws IOException {
    assertTrue(TrainAndServe.run(nowhere, directory, 20) > 0.5);
  }
}
