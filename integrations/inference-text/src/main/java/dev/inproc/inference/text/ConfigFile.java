package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.json.Json;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.internal.json.JsonLimits;
import dev.inproc.inference.internal.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON file that says how a model is used. A file that is not there has no members. What is not
 * of the type expected fails with a {@link ModelLoadException} that names the file and the member.
 */
final class ConfigFile {
  private static final int MOST_BYTES = 256 << 20;

  private final String model;
  private final String file;
  private final @Nullable Object content; // null without a file

  private ConfigFile(String model, String file, @Nullable Object content) {
    this.model = model;
    this.file = file;
    this.content = content;
  }

  /** Reads a file of a model. */
  static ConfigFile read(TextModel model, String file) {
    ModelSource source = model.files().find(file);
    if (source == null) {
      return new ConfigFile(model.name(), file, null);
    }
    try {
      Object content = JsonReader.read(bytes(model, source), JsonLimits.DEFAULT);
      if (content == null) {
        throw Json.mismatch("the file", "an object or an array", null);
      }
      return new ConfigFile(model.name(), file, content);
    } catch (JsonException e) {
      throw failure(model.name(), file, e);
    }
  }

  /** Returns a file's bytes. */
  static byte[] bytes(TextModel model, ModelSource source) {
    try (InputStream in = source.open()) {
      byte[] bytes = in.readNBytes(MOST_BYTES);
      if (in.read() >= 0) {
        throw new ModelLoadException(
            model.name(), source + " has more than " + MOST_BYTES + " bytes", null);
      }
      return bytes;
    } catch (IOException e) {
      throw new ModelLoadException(model.name(), "cannot read " + source + ": " + e, e);
    }
  }

  private static ModelLoadException failure(String model, String file, JsonException cause) {
    return new ModelLoadException(model, file + ": " + cause.getMessage(), cause);
  }

  /** Returns a failure of this file. */
  ModelLoadException failure(String reason) {
    return new ModelLoadException(model, file + ": " + reason, null);
  }

  /** Returns whether the file is there. */
  boolean exists() {
    return content != null;
  }

  /** Returns the file's name. */
  String file() {
    return file;
  }

  /** Returns the whole content; null without a file. */
  @Nullable Object content() {
    return content;
  }

  private @Nullable Object member(String name) {
    if (content == null) {
      return null;
    }
    try {
      return Json.object(content, "the file").get(name);
    } catch (JsonException e) {
      throw failure(model, file, e);
    }
  }

  /** Returns a string, or null if it is not there. */
  @Nullable String string(String name) {
    Object value = member(name);
    try {
      return value == null ? null : Json.string(value, name);
    } catch (JsonException e) {
      throw failure(model, file, e);
    }
  }

  /** Returns true or false, or null if it is not there. */
  @Nullable Boolean truth(String name) {
    Object value = member(name);
    try {
      return value == null ? null : Json.truth(value, name);
    } catch (JsonException e) {
      throw failure(model, file, e);
    }
  }

  /** Returns a whole number in a range, or null if it is not there. */
  @Nullable Long whole(String name, long least, long most) {
    Object value = member(name);
    try {
      return value == null ? null : Json.whole(value, name, least, most);
    } catch (JsonException e) {
      throw failure(model, file, e);
    }
  }

  /** Returns a number of any size or kind, or null if it is not there. */
  @Nullable Number number(String name) {
    Object value = member(name);
    if (value == null || value instanceof Number) {
      return (Number) value;
    }
    throw failure(model, file, Json.mismatch(name, "a number", value));
  }

  /** Returns an object, or null if it is not there. */
  @Nullable Map<String, ?> object(String name) {
    Object value = member(name);
    if (value == null) {
      return null;
    }
    try {
      return Json.object(value, name);
    } catch (JsonException e) {
      throw failure(model, file, e);
    }
  }

  /** Returns the member of an object as a string. */
  String string(Map<String, ?> object, String name) {
    try {
      return Json.string(object.get(name), name);
    } catch (JsonException e) {
      throw failure(model, file, e);
    }
  }
}
