package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each failure of {@link Run} is a last line of JSON with its kind, and the exit status 1. */
class RunErrorsTest {
  private static final String GOOD = "[{\"x\": [1, 2]}]";

  @TempDir Path directory;
  private RunFixture run;
  private String model = "";

  @BeforeEach
  void writeModel() throws IOException {
    run = new RunFixture(directory);
    model = run.model(SmallModels.identity(DataType.FLOAT_VALUE, "batch", "2"));
  }

  // ---- usage ----

  @ParameterizedTest
  @CsvSource({
    "--mode fast, PREDICT",
    "--repeat 0, at least 1",
    "--repeat many, many",
    "--repeat 99999999999, 99999999999",
    "--axis sideways, sideways",
    "--tolerance -1, at least 0",
    "--tolerance NaN, at least 0",
    "--tolerance much, much",
    "--pad x, NAME=VALUE",
    "--pad =1, NAME=VALUE",
    "--pad x=one, one",
    "--pad z=1, z",
    "--pad x=1 --pad x=2, twice",
    "--fast, --fast",
    "another.onnx, another.onnx",
    "--mode all --mode raw, --mode",
    "--inputs, --inputs"
  })
  void wrongOptions_areUsage(String options, String says) throws IOException {
    run.fails("usage", says, model, GOOD, options.split(" "));
  }

  @Test
  void missingArguments_areUsage() {
    run.failed(run.runArgs(), "usage", "Missing required");
    run.failed(run.runArgs(model), "usage", "--inputs");
    run.failed(run.runArgs("--inputs", "a.json"), "usage", "MODEL");
  }

  @Test
  void help_listsTheKindsOfErrors() {
    assertEquals(0, run.runArgs("--help"));
    for (ErrorKind kind : ErrorKind.values()) {
      assertTrue(run.out().contains("  " + kind.label() + " "), run::out);
    }
  }

  // ---- the file of examples ----

  @Test
  void unreadableFile_isFile() {
    String none = directory.resolve("none.json").toString();
    run.failed(run.runArgs(model, "--inputs", none), "file", "none.json: no such file");
    run.failed(run.runArgs(model, "--inputs", directory.toString()), "file", "it is a directory");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | the file is empty",
        "' ' | ends too early",
        "'[' | ends too early",
        "'[{\"x\": [1, 2]}' | ends too early",
        "'{\"x\": [1, 2]}' | expected an array of examples, got an object",
        "'3' | got a number",
        "'null' | got null",
        "'[[1, 2]]' | expected an object from input names to values, got an array at $[0]",
        "'[{\"x\": [1, 2]}, 7]' | got a number at $[1]",
        "'x = 1' | this is no JSON at line 1",
        "'[{x: [1, 2]}]' | this is no JSON at line 1",
        "'[{\"x\": [1, NaN]}]' | this is no JSON at line 1",
        "'[{\"x\": [1, 01]}]' | this is no JSON at line 1",
        "'[{\"x\": [1,,2]}]' | this is no JSON at line 1",
        "'[] []' | something follows the array",
        "'[{\"x\": [1, 2], \"x\": [3, 4]}]' | the key \"x\" occurs twice: $[0].x",
        "'[{\"x\": {\"data\": [1, 2], \"data\": [3, 4]}}]' | the key \"data\" occurs twice"
      })
  void noJson_isJson(String text, String says) throws IOException {
    run.fails("json", says, model, text);
  }

  @Test
  void deepNesting_isJson() throws IOException {
    run.fails("json", "esting", model, "[{\"x\": " + "[".repeat(100_000) + "}]");
    run.fails("json", "esting", model, "[{\"x\": " + "{\"a\":".repeat(100_000) + "}]");
  }

  @Test
  void bytesThatAreNotUtf8_areJson() throws IOException {
    Path file = directory.resolve("latin1.json");
    Files.write(file, "[{\"\u00e9\": 1}]".getBytes(StandardCharsets.ISO_8859_1));
    run.failed(run.runArgs(model, "--inputs", file.toString()), "json", "not UTF-8");
  }

  // ---- the model ----

  @Test
  void noModel_isModelLoad() throws IOException {
    String none = directory.resolve("none.onnx").toString();
    run.fails("model-load", "none.onnx: no such file", none, GOOD);
    String text = Files.writeString(directory.resolve("text.onnx"), "<html>").toString();
    run.fails("model-load", "text.onnx", text, GOOD);
    String empty = Files.createFile(directory.resolve("empty.onnx")).toString();
    run.fails("model-load", "empty.onnx", empty, GOOD);
    run.fails("model-load", directory.toString(), directory.toString(), GOOD);
  }

  @Test
  void savedModelWithoutItsSignature_isModelLoad() throws IOException {
    Path saved = Files.createDirectory(directory.resolve("saved"));
    // One meta graph, tagged "serve", with an empty graph and no signature.
    byte[] meta = {0x0a, 0x07, 0x22, 0x05, 's', 'e', 'r', 'v', 'e', 0x12, 0x00};
    byte[] all = new byte[meta.length + 4];
    all[0] = 0x08;
    all[1] = 1;
    all[2] = 0x12;
    all[3] = (byte) meta.length;
    System.arraycopy(meta, 0, all, 4, meta.length);
    Files.write(saved.resolve("saved_model.pb"), all);
    run.fails("model-load", "serving_default", saved.toString(), GOOD);
  }

  // ---- the examples ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{}] | Example 0: Input \"x\": expected FLOAT32[2]",
        "[{\"x\": [1, 2]}, {\"z\": [1]}] | Example 1: Input \"z\": expected no such input",
        "[{\"x\": [1, 2], \"z\": {\"data\": 1}}] | no such input; the model takes [x]",
        "[{\"x\": [1, 2, 3]}] | got FLOAT32[3]",
        "[{\"x\": [[1, 2]]}] | got FLOAT32[1, 2]",
        "[{\"x\": 1}] | got FLOAT32[]",
        "[{\"x\": []}] | got FLOAT32[0]",
        "[{\"x\": [[1, 2], [3]]}] | expected a list of 2, as in the lists before, got a list of 1 at [1]",
        "[{\"x\": [[1], 2]}] | expected a list of 1, as in the lists before, got a value at [1]",
        "[{\"x\": [1, [2]]}] | expected a value, as in the lists before, got a list at [1]",
        "[{\"x\": [[], [2]]}] | got a list of 1 at [1]",
        "[{\"x\": [1, true]}] | got true at [1]",
        "[{\"x\": [1, null]}] | got null at [1]",
        "[{\"x\": [1, \"2\"]}] | got \"2\" at [1]",
        "[{\"x\": [1, \"+Infinity\"]}] | got \"+Infinity\" at [1]",
        "[{\"x\": [1e39, 0]}] | got 1e39 at [0]",
        "[{\"x\": null}] | got null",
        "[{\"x\": {}}] | an object with \"type\", \"shape\" and \"data\"",
        "[{\"x\": {\"data\": [1, 2], \"dtype\": 1}}] | an object with [data, dtype]",
        "[{\"x\": {\"type\": \"FLOAT64\", \"data\": [1, 2]}}] | got FLOAT64[2]",
        "[{\"x\": {\"type\": \"float\", \"data\": [1, 2]}}] | got the type \"float\"",
        "[{\"x\": {\"type\": 1, \"data\": [1, 2]}}] | expected a type such as",
        "[{\"x\": {\"shape\": [3], \"data\": [1, 2]}}] | expected data of 3 values for the shape [3], got 2 values",
        "[{\"x\": {\"shape\": [2, 1], \"data\": [[1, 2]]}}] | nested lists of the shape [1, 2]",
        "[{\"x\": {\"shape\": [-2], \"data\": [1, 2]}}] | a shape of whole numbers from 0 on",
        "[{\"x\": {\"shape\": [1.5], \"data\": [1, 2]}}] | a shape of whole numbers from 0 on",
        "[{\"x\": {\"shape\": [\"2\"], \"data\": [1, 2]}}] | a shape of whole numbers from 0 on",
        "[{\"x\": {\"shape\": 2, \"data\": [1, 2]}}] | a shape of whole numbers from 0 on",
        "[{\"x\": {\"shape\": [1e999999999], \"data\": [1]}}] | a shape of whole numbers from 0 on",
        "[{\"x\": {\"shape\": [9e18, 9e18], \"data\": [1]}}] | Shape too large",
        "[{\"x\": {\"shape\": [4e18], \"data\": [1]}}] | expected data of 4000000000000000000 values"
      })
  void exampleThatDoesNotFit_isInvalidInput(String examples, String says) throws IOException {
    run.fails("invalid-input", says, model, examples);
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "submit", "batched"})
  void misfitAmongOthers_isNamedInEveryMode(String mode) throws IOException {
    String examples = "[{\"x\": [1, 2]}, {\"x\": [1, 2]}, {\"x\": [1, 2, 3]}]";
    run.fails("invalid-input", "Example 2: Input \"x\"", model, examples, "--mode", mode);
  }

  @ParameterizedTest
  @CsvSource({
    "UINT8, 2, 300",
    "UINT8, 2, -1",
    "INT8, 3, 128",
    "INT16, 5, -32769",
    "INT32, 6, 1.5",
    "INT32, 6, 2147483648",
    "INT32, 6, 1e999999999",
    "INT32, 6, 1e99999999999",
    "INT32, 6, 1e-999999999",
    "INT64, 7, 9223372036854775808",
    "INT64, 7, true",
    "INT32, 6, \"NaN\"",
    "BOOL, 9, 1",
    "STRING, 8, 1",
    "FLOAT16, 10, 65520",
    "DOUBLE, 11, 1e309"
  })
  void numberOutOfRange_isInvalidInput(String type, int code, String value) throws IOException {
    String file = run.model(SmallModels.identity(code, "batch"));
    run.fails("invalid-input", "got " + value, file, "[{\"x\": " + value + "}]");
  }

  @Test
  void engineThatFails_isEngine() throws IOException {
    String file = run.model(SmallModels.lookUp());
    String examples = "[{\"x\": [1]}, {\"x\": [7]}]";
    run.fails("engine", "Example 1: ", file, examples);
    run.fails("engine", "Example 1: ", file, examples, "--mode", "submit");
    run.fails("engine", "Example 1: ", file, examples, "--mode", "batched");
    run.fails("engine", "Gather", file, examples, "--mode", "all");
    run.fails("engine", "Example 0: ", file, "[{\"x\": [[7]]}]", "--mode", "raw");
  }
}
