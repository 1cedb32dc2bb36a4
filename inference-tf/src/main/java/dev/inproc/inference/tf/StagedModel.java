package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A SavedModel made ready for TensorFlow in a private directory: the very bytes of {@code
 * saved_model.pb} that are checked here are those that load, whatever becomes of the original
 * meanwhile, and no other form of the graph lies beside them. Weights and assets are linked, or
 * copied while they are digested if the model must have a digest. Closing removes it.
 */
final class StagedModel implements AutoCloseable {
  private static final String GRAPH = "saved_model.pb";
  private static final int CHUNK = 1 << 16;

  private final String name;
  private final Path original;
  private final Path directory;
  private final byte[] graph;

  private StagedModel(String name, Path original, Path directory, byte[] graph) {
    this.name = name;
    this.original = original;
    this.directory = directory;
    this.graph = graph;
  }

  static StagedModel of(ModelSource source, TensorFlowOptions options) {
    Path path = source.path();
    if (path == null) {
      throw new ModelLoadException(
          source.describe(), "a SavedModel is a directory, it cannot be loaded from bytes", null);
    }
    check(source.describe(), path);
    try {
      Path original = path.toRealPath();
      checkLinks(source.describe(), original);
      byte[] graph = readGraph(source.describe(), original.resolve(GRAPH), options.maxGraphBytes());
      Path directory = Files.createTempDirectory("inproc-tf-"); // for its owner alone
      StagedModel staged = new StagedModel(source.describe(), original, directory, graph);
      boolean filled = false;
      try {
        staged.fill(options);
        filled = true;
      } finally {
        if (!filled) {
          staged.close();
        }
      }
      return staged;
    } catch (IOException e) {
      throw new ModelLoadException(source.describe(), e.toString(), e);
    } catch (UncheckedIOException e) {
      throw new ModelLoadException(source.describe(), String.valueOf(e.getCause()), e);
    }
  }

  private static void check(String name, Path path) {
    if (!Files.exists(path)) {
      throw new ModelLoadException(name, "no such directory", null);
    }
    if (!Files.isDirectory(path)) {
      throw new ModelLoadException(name, "is a file; a SavedModel is a directory", null);
    }
    if (!Files.isRegularFile(path.resolve(GRAPH))) {
      String reason = "the directory has no " + GRAPH;
      for (String other : List.of("saved_model.pbtxt", "saved_model.cpb")) {
        if (Files.exists(path.resolve(other))) {
          reason += "; " + other + " is not supported";
        }
      }
      throw new ModelLoadException(name, reason, null);
    }
  }

  /** No symbolic link may lead out of the model's directory. */
  private static void checkLinks(String name, Path original) throws IOException {
    try (Stream<Path> all = Files.walk(original)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        if (Files.isSymbolicLink(path)) {
          checkLink(name, original, path);
        }
      }
    }
  }

  private static void checkLink(String name, Path original, Path link) throws IOException {
    Path target;
    try {
      target = link.toRealPath();
    } catch (FileSystemLoopException e) {
      throw new ModelLoadException(name, link + " is a symbolic link to itself", e);
    } catch (IOException e) {
      throw new ModelLoadException(name, link + " is a symbolic link to nowhere", e);
    }
    if (!target.startsWith(original)) {
      throw new ModelLoadException(
          name, link + " is a symbolic link to " + target + ", outside the model", null);
    }
  }

  private static byte[] readGraph(String name, Path file, long most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes((int) Math.min(most + 1, Integer.MAX_VALUE - 8));
      if (bytes.length > most) {
        throw new ModelLoadException(
            name,
            GRAPH + " has more than " + most + " bytes; see TensorFlowOptions.maxGraphBytes",
            null);
      }
      if (bytes.length == 0) {
        throw new ModelLoadException(name, GRAPH + " is empty", null);
      }
      return bytes;
    }
  }

  private void fill(TensorFlowOptions options) throws IOException {
    Files.write(directory.resolve(GRAPH), graph);
    String wanted = options.sha256();
    if (wanted != null) {
      String found = copyAndDigest();
      if (!found.equals(wanted)) {
        throw new ModelLoadException(
            name, "expected SHA-256 " + wanted + ", the directory has " + found, null);
      }
      return;
    }
    for (String part : List.of("variables", "assets", "assets.extra")) {
      Path from = original.resolve(part);
      if (Files.isDirectory(from)) {
        link(from.toRealPath(), directory.resolve(part));
      }
    }
  }

  /** Where links are not allowed, as on some Windows machines, copies do. */
  private static void link(Path from, Path to) throws IOException {
    try {
      Files.createSymbolicLink(to, from);
    } catch (UnsupportedOperationException | IOException e) {
      for (Path file : SavedModelDigest.filesIn(from)) {
        Path copy = to.resolve(from.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }

  private String copyAndDigest() throws IOException {
    SavedModelDigest digest = new SavedModelDigest();
    for (Path file : SavedModelDigest.filesIn(original)) {
      Path relative = original.relativize(file);
      MessageDigest sha256 = SavedModelDigest.sha256();
      if (relative.toString().equals(GRAPH)) {
        sha256.update(graph);
      } else {
        Path copy = directory.resolve(relative.toString());
        Files.createDirectories(copy.getParent());
        boolean another =
            relative.getNameCount() == 1; // such as saved_model.cpb: not for TensorFlow
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256);
            OutputStream out =
                another ? OutputStream.nullOutputStream() : Files.newOutputStream(copy)) {
          byte[] chunk = new byte[CHUNK];
          for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            out.write(chunk, 0, read);
          }
        }
      }
      digest.put(relative, sha256);
    }
    return digest.hex();
  }

  byte[] graph() {
    return graph;
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    try (Stream<Path> all = Files.walk(directory)) { // which does not follow links
      List<Path> paths = new ArrayList<>(all.toList());
      paths.sort(Comparator.reverseOrder());
      for (Path path : paths) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      System.getLogger(TensorFlowEngine.class.getName())
          .log(System.Logger.Level.WARNING, "{0} is left behind: {1}", directory, e);
    }
  }
}
