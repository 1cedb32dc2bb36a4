package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** {@link Run} on models and examples in a directory, its last line read. */
final class RunFixture {
  private final Path directory;
  private String out = "";
  private String err = "";

  RunFixture(Path directory) {
    this.directory = directory;
  }

  /** Writes a model and returns its path. */
  String model(byte[] onnx) throws IOException {
    return Files.write(directory.resolve("model.onnx"), onnx).toString();
  }

  /** Runs the command on these examples and returns the exit status. */
  int run(String model, String examples, String... more) throws IOException {
    Path file = Files.writeString(directory.resolve("examples.json"), examples);
    List<String> args = new ArrayList<>(List.of(model, "--inputs", file.toString()));
    args.addAll(List.of(more));
    return runArgs(args.toArray(new String[0]));
  }

  int runArgs(String... args) {
    StringWriter written = new StringWriter();
    StringWriter errors = new StringWriter();
    CommandLine line = Run.commandLine();
    line.setOut(new PrintWriter(written)).setErr(new PrintWriter(errors, true));
    int status = line.execute(args);
    out = written.toString();
    err = errors.toString();
    return status;
  }

  /** Runs the command, which succeeds, and returns its last line. */
  JsonObject answered(String model, String examples, String... more) throws IOException {
    int status = run(model, examples, more);
    assertEquals(0, status, () -> err + out);
    JsonObject last = last();
    assertEquals(
        List.of("answers", "differs", "integrity", "keepsState", "runs"),
        List.copyOf(last.keySet()));
    return last;
  }

  /** Runs the command, which fails with this kind and a message that says this. */
  void fails(String kind, String says, String model, String examples, String... more)
      throws IOException {
    failed(run(model, examples, more), kind, says);
  }

  void failed(int status, String kind, String says) {
    JsonObject last = last();
    assertEquals(List.of("error", "message"), List.copyOf(last.keySet()));
    assertEquals(kind, last.get("error").getAsString(), () -> err + out);
    String message = last.get("message").getAsString();
    assertTrue(message.contains(says), message);
    assertEquals(1, status);
    assertFalse(err.contains("\tat "), "a stack trace: " + err);
    assertFalse(out.contains("\tat "), "a stack trace: " + out);
  }

  /** The first example's output {@code y}. */
  static JsonObject y(JsonObject last) {
    return y(last, 0);
  }

  static JsonObject y(JsonObject last, int example) {
    JsonArray answers = last.get("answers").getAsJsonArray();
    return answers.get(example).getAsJsonObject().get("y").getAsJsonObject();
  }

  String out() {
    return out;
  }

  private JsonObject last() {
    assertTrue(out.endsWith(System.lineSeparator()), out);
    List<String> lines = out.lines().toList();
    return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
  }
}
