package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link Run} as a process of its own, as a script sees it. */
class RunProcessTest {
  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path directory;

  @Test
  void run_inTheLocaleC_writesUtf8AndEndsWithJson() throws Exception {
    byte[] onnx = SmallModels.identity(DataType.STRING_VALUE, "batch");
    Path model = Files.write(directory.resolve("model.onnx"), onnx);
    // A surrogate alone has no bytes in UTF-8.
    Path inputs = Files.writeString(directory.resolve("in.json"), "[{\"x\": \"\u00e9\u20ac\"}]");
    JsonObject answered = lastLine(0, model, inputs);
    assertEquals("\u00e9\u20ac", RunFixture.y(answered).get("data").getAsString());

    Path bad = Files.writeString(directory.resolve("bad.json"), "[{\"\u20ac\\ud83d\": 1}]");
    JsonObject failed = lastLine(1, model, bad);
    assertEquals("invalid-input", failed.get("error").getAsString());
    assertTrue(failed.get("message").getAsString().contains("\u20ac\ud83d\""), failed::toString);
  }

  private JsonObject lastLine(int status, Path model, Path inputs) throws Exception {
    Path out = directory.resolve("out.txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Run.class.getName()));
    command.addAll(List.of(model.toString(), "--inputs", inputs.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    builder.redirectOutput(out.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it hangs");
    assertEquals(status, process.exitValue(), () -> text(out));
    List<String> lines = text(out).lines().toList();
    return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
