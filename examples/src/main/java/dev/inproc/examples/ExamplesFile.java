package dev.inproc.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of examples: one JSON array of objects, in UTF-8, as RFC 8259 says. Numbers keep
 * their digits, so that nothing is rounded before the type is known. A key that occurs twice in one
 * object is an error.
 */
final class ExamplesFile {
  private static final int MAX_DEPTH = 64; // of lists and objects

  private ExamplesFile() {}

  /**
   * Returns the examples in order.
   *
   * @throws CommandException of the kind {@code file} or {@code json}
   */
  static List<JsonObject> read(Path file) {
    try (JsonReader in = new JsonReader(Files.newBufferedReader(file, StandardCharsets.UTF_8))) {
      in.setStrictness(Strictness.STRICT);
      in.setNestingLimit(MAX_DEPTH);
      return examples(in, file);
    } catch (MalformedJsonException e) {
      throw malformed(file, reason(e), e);
    } catch (EOFException e) {
      throw malformed(file, "the JSON ends too early: " + e.getMessage(), e);
    } catch (CharacterCodingException e) {
      throw malformed(file, "it is not UTF-8", e);
    } catch (NoSuchFileException e) {
      throw new CommandException(ErrorKind.FILE, "Cannot read " + file + ": no such file", e);
    } catch (IOException e) {
      String reason = Files.isDirectory(file) ? "it is a directory" : e.toString();
      throw new CommandException(ErrorKind.FILE, "Cannot read " + file + ": " + reason, e);
    }
  }

  private static List<JsonObject> examples(JsonReader in, Path file) throws IOException {
    if (Files.isRegularFile(file) && Files.size(file) == 0) {
      throw malformed(file, "the file is empty; it needs an array, such as []", null);
    }
    if (in.peek() != JsonToken.BEGIN_ARRAY) {
      throw malformed(file, "expected an array of examples, got " + name(in.peek()), null);
    }
    List<JsonObject> examples = new ArrayList<>();
    in.beginArray();
    while (in.hasNext()) {
      if (in.peek() != JsonToken.BEGIN_OBJECT) {
        String expected = "expected an object from input names to values, got ";
        throw malformed(file, expected + name(in.peek()) + " at " + in.getPath(), null);
      }
      examples.add(object(in, file));
    }
    in.endArray();
    if (!isAtEnd(in)) {
      throw malformed(file, "something follows the array", null);
    }
    return examples;
  }

  private static boolean isAtEnd(JsonReader in) throws IOException {
    try {
      return in.peek() == JsonToken.END_DOCUMENT;
    } catch (MalformedJsonException e) {
      return false;
    }
  }

  private static JsonObject object(JsonReader in, Path file) throws IOException {
    JsonObject object = new JsonObject();
    in.beginObject();
    while (in.hasNext()) {
      String key = in.nextName();
      if (object.has(key)) {
        String path = in.getPreviousPath();
        throw malformed(file, "the key " + new JsonPrimitive(key) + " occurs twice: " + path, null);
      }
      object.add(key, element(in, file));
    }
    in.endObject();
    return object;
  }

  private static JsonElement element(JsonReader in, Path file) throws IOException {
    return switch (in.peek()) {
      case BEGIN_ARRAY -> array(in, file);
      case BEGIN_OBJECT -> object(in, file);
      case STRING -> new JsonPrimitive(in.nextString());
      case NUMBER -> new JsonPrimitive(ToNumberPolicy.LAZILY_PARSED_NUMBER.readNumber(in));
      case BOOLEAN -> new JsonPrimitive(in.nextBoolean());
      default -> {
        in.nextNull();
        yield JsonNull.INSTANCE;
      }
    };
  }

  private static JsonArray array(JsonReader in, Path file) throws IOException {
    JsonArray array = new JsonArray();
    in.beginArray();
    while (in.hasNext()) {
      array.add(element(in, file));
    }
    in.endArray();
    return array;
  }

  /** Gson's message without its advice for programmers. */
  private static String reason(MalformedJsonException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    int place = message.indexOf(" at line ");
    boolean advises = message.startsWith("Use JsonReader.");
    return advises && place >= 0 ? "this is no JSON" + message.substring(place) : message;
  }

  private static String name(JsonToken token) {
    return switch (token) {
      case BEGIN_ARRAY -> "an array";
      case BEGIN_OBJECT -> "an object";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case BOOLEAN -> "a boolean";
      case NULL -> "null";
      default -> "something else";
    };
  }

  private static CommandException malformed(Path file, String reason, @Nullable Throwable cause) {
    return new CommandException(ErrorKind.JSON, "Cannot read " + file + ": " + reason, cause);
  }
}
