package dev.inproc.inference.spring.boot;

import dev.inproc.inference.model.ModelRepository;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The model repositories of the properties, each opened once. Thread-safe. */
final class Repositories implements AutoCloseable {
  private final Map<Path, ModelRepository> open = new HashMap<>(); // guarded by this

  synchronized ModelRepository at(Path directory) {
    return open.computeIfAbsent(directory.toAbsolutePath().normalize(), ModelRepository::open);
  }

  @Override
  public synchronized void close() {
    open.values().forEach(ModelRepository::close);
    open.clear();
  }
}
