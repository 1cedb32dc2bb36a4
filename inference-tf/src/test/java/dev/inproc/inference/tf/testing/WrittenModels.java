package dev.inproc.inference.tf.testing;

import dev.inproc.inference.engine.ModelSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Models in a temporary folder, each written once. They go when the JVM ends. */
final class WrittenModels {
  private final Map<String, ModelSource> all = new ConcurrentHashMap<>();

  ModelSource get(String name, Supplier<GraphWriter> model) {
    return all.computeIfAbsent(name, key -> ModelSource.file(write(key, model.get())));
  }

  private static Path write(String name, GraphWriter model) {
    try {
      Path directory = Files.createTempDirectory("saved-models-");
      Path written = model.write(directory.resolve(name));
      // In the order opposite to their deletion.
      directory.toFile().deleteOnExit();
      written.toFile().deleteOnExit();
      written.resolve("saved_model.pb").toFile().deleteOnExit();
      return written;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
