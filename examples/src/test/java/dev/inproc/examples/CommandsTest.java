package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Object command, String... args) {
    return new CommandLine(command)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private JsonObject lastLine() {
    List<String> lines = out.toString().lines().toList();
    return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
  }

  private String model() throws IOException {
    Path file = directory.resolve("fp32.onnx");
    try (InputStream in =
        MiniLm.class.getClassLoader().getResourceAsStream("all-minilm-l6-v2.onnx")) {
      Files.copy(Objects.requireNonNull(in), file);
    }
    return file.toString();
  }

  @Test
  void quantizeAndInspect_ofMiniLm_printTablesAndJson() throws IOException {
    Path texts = Files.writeString(directory.resolve("texts.txt"), "where is it?\nI want it.\n");
    String int8 = directory.resolve("int8.onnx").toString();
    int status =
        run(new Quantize(), model(), int8, "--min-cosine", "0.98", "--gate", texts.toString());
    assertEquals(0, status, err + "\n" + out);
    JsonObject json = lastLine();
    assertEquals("rowwise-int8", json.get("scheme").getAsString());
    assertEquals("passed", json.get("gate").getAsString());
    assertEquals(38, json.get("nodesChanged").getAsInt());
    assertEquals(2, json.get("gateExamples").getAsInt());
    assertEquals(Files.size(Path.of(int8)), json.get("bytesAfter").getAsLong());
    assertTrue(json.get("minCosine").getAsDouble() > 0.98);

    assertEquals(0, run(new Inspect(), int8), err::toString);
    assertEquals("row-wise dynamic INT8", lastLine().get("scheme").getAsString());
    assertTrue(out.toString().contains("Operators"));
  }

  @Test
  void badArguments_failWithAMessage() {
    assertEquals(1, run(new Inspect(), directory.resolve("none.onnx").toString()));
    assertTrue(err.toString().contains("no such file"), err::toString);
    assertEquals(1, run(new Quantize(), "a.onnx", "b.onnx", "--scheme", "int7"));
    assertTrue(err.toString().contains("No scheme \"int7\""), err::toString);
    assertEquals(2, run(new Quantize(), "a.onnx"));
  }
}
