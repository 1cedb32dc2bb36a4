package dev.inproc.inference.text;

import dev.inproc.inference.engine.ModelSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds a model's files by their names. Immutable. */
interface ModelFiles {
  /** The name of the tokenizer's file. */
  String TOKENIZER = "tokenizer.json";

  /** Returns the ONNX file. */
  ModelSource model();

  /** Returns a file beside the model, or null if there is none. */
  @Nullable ModelSource find(String name);

  /** Returns these files with another ONNX file. */
  ModelFiles withModelFile(String name);

  /** Returns a name that stays inside the model's directory. */
  static String checked(String name) {
    if (name.isEmpty()
        || name.startsWith("/")
        || name.contains("\\")
        || name.contains(":")
        || List.of(name.split("/", -1)).contains("..")) {
      throw new IllegalArgumentException(
          "Expected the name of a file inside the model's directory, got \"" + name + "\"");
    }
    return name;
  }

  /** Returns where a model file may be. */
  static List<String> places(@Nullable String name) {
    String file = name == null ? "model.onnx" : name;
    return file.contains("/") ? List.of(file) : List.of(file, "onnx/" + file);
  }
}
