package dev.inproc.inference.spring.boot;

import dev.inproc.inference.engine.ModelSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a model is: a path on disk, or a name on the class path. Immutable.
 *
 * @param path the path, or null for the class path
 * @param resource the name on the class path without a slash at its ends, or null for the disk
 * @param loader finds it on the class path
 */
record ModelLocation(@Nullable Path path, @Nullable String resource, ClassLoader loader) {
  private static final String CLASSPATH = "classpath:";
  private static final String FILE = "file:";
  private static final String ONNX = ".onnx";

  /**
   * Reads a location as a property has it.
   *
   * @throws IllegalArgumentException if it is neither on disk nor on the class path
   */
  static ModelLocation of(String location, ClassLoader loader) {
    String text = location.strip();
    if (text.startsWith(CLASSPATH)) {
      String name = text.substring(CLASSPATH.length()).replaceAll("^/+|/+$", "");
      return new ModelLocation(null, name, loader);
    }
    if (text.isEmpty() || (text.matches("[^/\\\\:]{2,}:.*") && !text.startsWith(FILE))) {
      throw new IllegalArgumentException(
          "expected a location that begins with classpath: or file:, or a path, got \""
              + location
              + "\"");
    }
    try {
      Path path =
          text.startsWith(FILE + "/") ? Path.of(URI.create(text)) : Path.of(withoutScheme(text));
      return new ModelLocation(path, null, loader);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "expected a path, got \"" + location + "\": " + e.getMessage(), e);
    }
  }

  private static String withoutScheme(String text) {
    return text.startsWith(FILE) ? text.substring(FILE.length()) : text;
  }

  /** Returns whether this is one ONNX file, and not a directory or a folder. */
  boolean isOnnxFile() {
    String name = path != null ? path.toString() : String.valueOf(resource);
    return name.toLowerCase(Locale.ROOT).endsWith(ONNX)
        && !(path != null && Files.isDirectory(path));
  }

  /** Returns a file of this directory or folder. */
  ModelLocation child(String name) {
    return path != null
        ? new ModelLocation(path.resolve(name), null, loader)
        : new ModelLocation(
            null, String.valueOf(resource).isEmpty() ? name : resource + "/" + name, loader);
  }

  /** Returns whether there is a file or directory; a folder on the class path is not found. */
  boolean exists() {
    return path != null ? Files.exists(path) : loader.getResource(String.valueOf(resource)) != null;
  }

  /** Returns this as one file or, on disk, one directory. */
  ModelSource source() {
    return path != null
        ? ModelSource.file(path)
        : ModelSource.resource(loader, String.valueOf(resource));
  }

  /** Opens a file. */
  InputStream open() throws IOException {
    return source().open();
  }

  @Override
  public String toString() {
    return path != null ? path.toString() : CLASSPATH + resource;
  }
}
