package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values go through {@link Run} and an engine's identity without being changed. */
class RunNumbersTest {
  private static final int FLOAT16 = 10;
  private static final int FLOAT32 = 1;
  private static final int FLOAT64 = 11;
  private static final int STRING = 8;
  private static final int INT64 = 7;

  @TempDir Path directory;
  private RunFixture run;

  @BeforeEach
  void start() {
    run = new RunFixture(directory);
  }

  private JsonObject identity(int elementType, String value) throws IOException {
    String model = run.model(SmallModels.identity(elementType, "batch", "n"));
    return RunFixture.y(run.answered(model, "[{\"x\": " + value + "}]"));
  }

  private List<String> texts(int elementType, String value) throws IOException {
    return identity(elementType, value).get("data").getAsJsonArray().asList().stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | UINT8 | [0, 255, 128, 1e2, 7.0] | [0,255,128,100,7]",
        "3 | INT8 | [-128, 127, -0] | [-128,127,0]",
        "5 | INT16 | [-32768, 32767] | [-32768,32767]",
        "6 | INT32 | [-2147483648, 2147483647] | [-2147483648,2147483647]",
        "7 | INT64 | [9007199254740993, -9223372036854775808, 9223372036854775807, 0e99999]"
            + " | [9007199254740993,-9223372036854775808,9223372036854775807,0]",
        "9 | BOOL | [true, false] | [true,false]",
        "1 | FLOAT32 | [1, -0.0, -0, 1e-45, 1e-400, 3.4028235e38, \"NaN\", \"Infinity\", \"-Infinity\"]"
            + " | [1.0,-0.0,-0.0,1.4E-45,0.0,3.4028235E38,\"NaN\",\"Infinity\",\"-Infinity\"]",
        "11 | FLOAT64 | [0.1, 4.9e-324, 1.7976931348623157e308, 9007199254740993, \"NaN\"]"
            + " | [0.1,4.9E-324,1.7976931348623157E308,9.007199254740992E15,\"NaN\"]",
        "10 | FLOAT16 | [65504, 65519.99, 6e-8, -0.0, \"Infinity\"]"
            + " | [65504.0,65504.0,5.9604645E-8,-0.0,\"Infinity\"]",
        "8 | STRING | [\"a\", \"\", \"\\u00e9\\n\\\"\"] | [\"a\",\"\",\"\u00e9\\n\\\"\"]"
      })
  void values_ofEachType_comeBack(int code, String type, String in, String out) throws IOException {
    JsonObject y = identity(code, in);
    assertEquals(type, y.get("type").getAsString());
    assertEquals(out, y.get("data").toString());
  }

  @Test
  void halves_atATie_areRoundedOnce() throws IOException {
    // 1 + 2^-11 is halfway between two halves; a float does not see what lies beyond it.
    assertEquals(
        List.of("1.0", "1.0009766", "1.0"),
        texts(FLOAT16, "[1.00048828125, 1.000488281250001, 1.000488281249999]"));
  }

  @Test
  void floats_ofAnyBits_readBackAsTheSame() throws IOException {
    long seed = 7;
    Random random = new Random(seed);
    List<Float> floats =
        IntStream.range(0, 2000)
            .mapToObj(i -> Float.intBitsToFloat(random.nextInt()))
            .filter(Float::isFinite)
            .toList();
    List<String> got = texts(FLOAT32, list(floats, f -> Float.toString(f)));
    for (int i = 0; i < floats.size(); i++) {
      assertEquals(floats.get(i), Float.valueOf(got.get(i)), "seed " + seed);
    }
    List<Double> doubles =
        IntStream.range(0, 2000)
            .mapToObj(i -> Double.longBitsToDouble(random.nextLong()))
            .filter(Double::isFinite)
            .toList();
    got = texts(FLOAT64, list(doubles, d -> Double.toString(d)));
    for (int i = 0; i < doubles.size(); i++) {
      assertEquals(doubles.get(i), Double.valueOf(got.get(i)), "seed " + seed);
    }
  }

  private static <T> String list(List<T> values, Function<T, String> text) {
    return values.stream().map(text).collect(Collectors.joining(",", "[", "]"));
  }

  @Test
  void explicitForm_withAndWithoutItsParts_isTheSameTensor() throws IOException {
    String model = run.model(SmallModels.identity(INT64, "batch", "n", "m"));
    String[] forms = {
      "[[1, 2, 3], [4, 5, 6]]",
      "{\"type\": \"INT64\", \"shape\": [2, 3], \"data\": [1, 2, 3, 4, 5, 6]}",
      "{\"shape\": [2, 3], \"data\": [[1, 2, 3], [4, 5, 6]]}",
      "{\"type\": \"int64\", \"data\": [[1, 2, 3], [4, 5, 6]]}"
    };
    for (String form : forms) {
      JsonObject y = RunFixture.y(run.answered(model, "[{\"x\": " + form + "}]"));
      assertEquals("[2,3]", y.get("shape").toString(), form);
      assertEquals("[1,2,3,4,5,6]", y.get("data").toString(), form);
    }
  }

  @Test
  void answers_areValidInputs() throws IOException {
    JsonObject y = identity(FLOAT64, "[0.1, \"-Infinity\", 1e300]");
    assertEquals(y, identity(FLOAT64, y.toString()));
  }

  @Test
  void scalars_haveNoBrackets() throws IOException {
    String model = run.model(SmallModels.identity(INT64, "batch"));
    for (String form :
        List.of("5", "{\"shape\": [], \"data\": 5}", "{\"shape\": [], \"data\": [5]}")) {
      JsonObject y = RunFixture.y(run.answered(model, "[{\"x\": " + form + "}]"));
      assertEquals("[]", y.get("shape").toString());
      assertEquals("[5]", y.get("data").toString());
    }
  }

  @Test
  void bytes_inBase64_reachTheModel() throws IOException {
    assertEquals(
        List.of("h\u00e9", ""), texts(STRING, "{\"type\": \"BYTES\", \"data\": [\"aMOp\", \"\"]}"));
    String model = run.model(SmallModels.identity(STRING, "batch"));
    for (String bad : List.of("\"a\"", "\"aMO p\"", "7", "true")) {
      String value = "{\"type\": \"BYTES\", \"data\": " + bad + "}";
      run.fails("invalid-input", "in base64, got " + bad, model, "[{\"x\": " + value + "}]");
    }
  }

  @Test
  void text_ofLongStrings_comesBackWhole() throws IOException {
    String text = "x".repeat(100_000);
    assertEquals(List.of(text), texts(STRING, "[\"" + text + "\"]"));
  }
}
