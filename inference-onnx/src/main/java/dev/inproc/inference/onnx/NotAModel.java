package dev.inproc.inference.onnx;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Says of what cannot be loaded what it is, as far as its first bytes tell. */
final class NotAModel {
  private NotAModel() {}

  /** Returns the reason for which a model does not load, with what it is before it. */
  static String explain(ModelSource source, @Nullable String reason) {
    return FileKind.explain(kind(source), reason);
  }

  private static @Nullable String kind(ModelSource source) {
    Path path = source.path();
    if (path != null) {
      return FileKind.of(path);
    }
    try (InputStream in = source.open()) {
      return FileKind.of(in);
    } catch (IOException e) {
      return null;
    }
  }

  /** Says which model a directory has in it, in words that follow "is a directory". */
  static String content(Path directory) {
    if (Files.exists(directory.resolve("saved_model.pb"))) {
      return " with a saved_model.pb, which TensorFlowEngine loads";
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .filter(name -> name.endsWith(".onnx"))
          .sorted()
          .findFirst()
          .map(name -> " with " + name + " in it")
          .orElse("");
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }
}
