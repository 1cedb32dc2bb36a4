package dev.inproc.examples;

import static dev.inproc.examples.RunFixture.y;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link Run} answers, in each mode and on both engines. */
class RunTest {
  private static final String SUMS = "[{\"x\": [1, 2]}, {\"x\": [3]}, {\"x\": [4, 5, 6]}]";

  @TempDir Path directory;

  private RunFixture fixture() {
    return new RunFixture(directory);
  }

  private static List<String> data(JsonObject tensor) {
    return tensor.get("data").getAsJsonArray().asList().stream()
        .map(JsonElement::toString)
        .toList();
  }

  @ParameterizedTest
  @EnumSource(names = {"PREDICT", "ALL", "SUBMIT", "BATCHED"})
  void run_fraudForest_answersAsTheSessionDoes(RunMode mode) throws IOException {
    TransactionGenerator generator = new TransactionGenerator(11);
    byte[] onnx =
        TreeEnsembleExport.toOnnx(
            FraudForest.train(generator.next(1500), 5, 5),
            Transaction.FEATURES,
            FraudForest.CLASSES);
    List<float[]> rows =
        generator.next(40).stream().map(each -> each.transaction().features()).toList();
    String examples =
        rows.stream()
            .map(row -> "{\"float_input\": " + Arrays.toString(row) + "}")
            .collect(Collectors.joining(",", "[", "]"));
    RunFixture run = fixture();
    JsonObject last =
        run.answered(run.model(onnx), examples, "--mode", mode.name().toLowerCase(Locale.ROOT));
    JsonArray answers = last.get("answers").getAsJsonArray();
    assertEquals(rows.size(), answers.size());
    try (Session session = new OnnxEngine().load(ModelSource.bytes("fraud", onnx))) {
      for (int i = 0; i < rows.size(); i++) {
        Tensors expected = session.predict(Tensors.of("float_input", Tensor.of(rows.get(i))));
        JsonObject answer = answers.get(i).getAsJsonObject();
        JsonObject label = answer.get("output_label").getAsJsonObject();
        assertEquals("INT64", label.get("type").getAsString());
        assertEquals("[]", label.get("shape").toString());
        assertEquals(
            List.of("" + expected.get("output_label").getLong(0)), data(label), "example " + i);
        JsonObject probability = answer.get("output_probability").getAsJsonObject();
        assertEquals("[2]", probability.get("shape").toString());
        for (int c = 0; c < 2; c++) {
          float got = Float.parseFloat(data(probability).get(c));
          assertEquals(expected.get("output_probability").getFloat(c), got, 1e-6);
        }
      }
    }
    long runs = last.get("runs").getAsLong();
    switch (mode) {
      case PREDICT, SUBMIT -> assertEquals(40, runs);
      case ALL -> assertEquals(1, runs);
      default -> assertTrue(runs >= 2 && runs <= 40, "runs " + runs); // batches of 32 at most
    }
    assertTrue(last.get("integrity").getAsString().startsWith("no deviation"), last::toString);
  }

  @Test
  void run_raw_takesAndGivesTheBatchAxis() throws IOException {
    RunFixture run = fixture();
    JsonObject last =
        run.answered(run.model(SmallModels.rowSums()), "[{\"x\": [[1,2],[3,4]]}]", "--mode", "raw");
    assertEquals("[2]", y(last).get("shape").toString());
    assertEquals(List.of("3.0", "7.0"), data(y(last)));
    assertEquals(1, last.get("runs").getAsInt());
  }

  @Test
  void run_severalRounds_countsTheRunsOfAll() throws IOException {
    RunFixture run = fixture();
    String model = run.model(SmallModels.rowSums());
    JsonObject last = run.answered(model, SUMS, "--repeat", "12");
    assertEquals(36, last.get("runs").getAsInt());
    assertEquals("[]", last.get("differs").toString());
    assertEquals("[]", y(last, 2).get("shape").toString());
    assertEquals(List.of("15.0"), data(y(last, 2)));
    assertTrue(run.out().contains("every round answered as the first did"), run::out);
    // Three lengths: three runs a round, until all are filled up to one length.
    assertEquals(3, run.answered(model, SUMS, "--mode", "all").get("runs").getAsInt());
  }

  @Test
  void run_padded_runsExamplesOfDifferentSizesTogether() throws IOException {
    RunFixture run = fixture();
    String lengths =
        IntStream.rangeClosed(30, 32)
            .mapToObj(n -> "{\"x\": " + "1".repeat(n).chars().mapToObj(c -> "1").toList() + "}")
            .collect(Collectors.joining(",", "[", "]"));
    String model = run.model(SmallModels.rowSums());
    assertEquals(3, run.answered(model, lengths, "--mode", "all").get("runs").getAsInt());
    JsonObject padded = run.answered(model, lengths, "--mode", "all", "--pad", "x=0");
    assertEquals(1, padded.get("runs").getAsInt());
    assertEquals(List.of("30.0"), data(y(padded, 0)));
    assertEquals(List.of("32.0"), data(y(padded, 2)));
  }

  @Test
  void run_axisNone_takesTheModelsOwnShapes() throws IOException {
    RunFixture run = fixture();
    String model = run.model(SmallModels.rowSums());
    JsonObject last = run.answered(model, "[{\"x\": [[1, 2]]}]", "--axis", "none");
    assertEquals("[1]", y(last).get("shape").toString());
    assertTrue(
        last.get("integrity").getAsString().contains("run one by one anyway"), last::toString);
  }

  @Test
  void run_randomModel_differsInLaterRounds() throws IOException {
    RunFixture run = fixture();
    String model = run.model(SmallModels.random());
    String examples = "[{\"x\": [0, 0]}, {\"x\": [0, 0]}]";
    assertEquals("[]", run.answered(model, examples).get("differs").toString());
    JsonObject last = run.answered(model, examples, "--repeat", "3");
    assertEquals("[0,1]", last.get("differs").toString());
    assertTrue(run.out().contains("otherwise for the examples [0, 1]"), run::out);
  }

  @Test
  void run_nan_isTheSameInEveryRound() throws IOException {
    RunFixture run = fixture();
    String model = run.model(SmallModels.rowSums());
    JsonObject last = run.answered(model, "[{\"x\": [\"NaN\", 1]}]", "--repeat", "3");
    assertEquals(List.of("\"NaN\""), data(y(last)));
    assertEquals("[]", last.get("differs").toString());
  }

  @Test
  void run_emptyArray_answersNothing() throws IOException {
    RunFixture run = fixture();
    for (RunMode mode : RunMode.values()) {
      JsonObject last =
          run.answered(run.model(SmallModels.rowSums()), " [ ] ", "--mode=" + mode, "--repeat=2");
      assertEquals("[]", last.get("answers").toString());
      assertEquals(0, last.get("runs").getAsInt(), mode.toString());
    }
  }

  @Test
  void run_tolerance_isSaidInTheIntegrity() throws IOException {
    RunFixture run = fixture();
    String model = run.model(SmallModels.rowSums());
    JsonObject last = run.answered(model, SUMS, "--tolerance", "0.25");
    assertTrue(
        last.get("integrity").getAsString().contains("no deviation above 2.5e-01"), last::toString);
  }

  @Test
  void run_trusted_loadsWithoutTheCheck() throws IOException {
    RunFixture run = fixture();
    assertEquals(
        3, run.answered(run.model(SmallModels.rowSums()), SUMS, "--trust").get("runs").getAsInt());
  }

  @Test
  void run_savedModel_answersAndTakesRawBatches() throws IOException {
    Path saved = directory.resolve("moons");
    Random random = new Random(11);
    MoonTraining.train(TwoMoons.make(50, random), 2, random, saved);
    RunFixture run = fixture();
    String examples = "[{\"point\": [1, -0.5]}, {\"point\": [0.25, 2]}]";
    JsonObject one = run.answered(saved.toString(), examples, "--repeat", "2");
    assertEquals("[]", one.get("differs").toString());
    assertEquals(4, one.get("runs").getAsInt());
    JsonObject all = run.answered(saved.toString(), examples, "--mode", "all", "--trust");
    assertEquals(1, all.get("runs").getAsInt());
    String raw = "[{\"point\": [[1, -0.5], [0.25, 2]]}]";
    JsonObject batch = run.answered(saved.toString(), raw, "--mode", "raw");
    List<Float> expected = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      JsonObject answer = one.get("answers").getAsJsonArray().get(i).getAsJsonObject();
      JsonObject probability = answer.get("probability").getAsJsonObject();
      assertEquals("[1]", probability.get("shape").toString());
      expected.add(Float.valueOf(data(probability).get(0)));
    }
    JsonObject answer = batch.get("answers").getAsJsonArray().get(0).getAsJsonObject();
    List<String> got = data(answer.get("probability").getAsJsonObject());
    for (int i = 0; i < 2; i++) {
      assertEquals(expected.get(i), Float.parseFloat(got.get(i)), 1e-6);
    }
  }

  @Test
  void run_manyExamples_cutsTheTableAndNotTheJson() throws IOException {
    RunFixture run = fixture();
    String examples =
        IntStream.range(0, 300)
            .mapToObj(i -> "{\"x\": [" + i + "]}")
            .collect(Collectors.joining(",", "[", "]"));
    JsonObject last = run.answered(run.model(SmallModels.rowSums()), examples, "--mode", "batched");
    assertEquals(List.of("299.0"), data(y(last, 299)));
    assertTrue(run.out().lines().count() < 45, run::out);
    assertTrue(run.out().contains("and 280 more"), run::out);
  }

  @Test
  void run_stringsThatBreakLines_stayOnOne() throws IOException {
    RunFixture run = fixture();
    String model = run.model(SmallModels.identity(DataType.STRING_VALUE, "batch", "n"));
    String value = "[\"a\\nb\\u2028c\", \"\\u001b[2J\", \"\\u00e9\"]";
    JsonObject last = run.answered(model, "[{\"x\": " + value + "}]");
    assertEquals("a\nb\u2028c", y(last).get("data").getAsJsonArray().get(0).getAsString());
    assertEquals("\u00e9", y(last).get("data").getAsJsonArray().get(2).getAsString());
    assertTrue(run.out().indexOf(0x1b) < 0, "a control character");
    assertEquals(
        1,
        run.out()
            .lines()
            .filter(line -> line.contains("a\\nb"))
            .filter(line -> !line.startsWith("{"))
            .count());
  }
}
