package dev.inproc.inference.tf;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.files.FileKind;
import dev.inproc.inference.internal.files.FileStamp;
import dev.inproc.inference.internal.files.TemporaryDirectory;
import dev.inproc.inference.tf.ModelFiles.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A SavedModel made ready for TensorFlow in a private directory: TensorFlow loads the very bytes of
 * {@code saved_model.pb} that were checked here, whatever becomes of the original meanwhile, and no
 * other form of the graph lies beside them. Weights and assets are linked, and looked at again when
 * they have been read; if the model must have a digest, they are copied, and it is the copy that is
 * digested and loaded. Closing removes it.
 */
final class StagedModel implements AutoCloseable {
  private static final String GRAPH = "saved_model.pb";
  private static final Set<String> PARTS = Set.of("variables", "assets", "assets.extra");
  private static final int CHUNK = 1 << 20;

  /** The name of the logger of all classes here. */
  static final String LOGGER = "dev.inproc.inference.tf.TensorFlowEngine";

  private final ModelSource source;
  private final Path original;
  private final ModelFiles files;
  private final Path directory;
  private byte[] graph = {};

  private StagedModel(ModelSource source, Path original, ModelFiles files, Path directory) {
    this.source = source;
    this.original = original;
    this.files = files;
    this.directory = directory;
  }

  /**
   * Stages a model.
   *
   * @param maxBytes the most bytes that its files may have in all
   */
  static StagedModel of(ModelSource source, long maxBytes, TensorFlowOptions options) {
    Path path = source.path();
    if (path == null) {
      String where = source.bytes() == null ? "a resource in a jar" : "bytes";
      throw failure(source, "a SavedModel is a directory, it cannot be loaded from " + where, null);
    }
    if (!path.getFileSystem().equals(FileSystems.getDefault())) {
      throw failure(source, "TensorFlow reads no file of " + path.getFileSystem(), null);
    }
    try {
      check(path);
      Path original = path.toRealPath();
      // What a hard link could give away would have to be in the digest.
      boolean hardLinks = source.sha256() != null || options.trusted();
      ModelFiles files = ModelFiles.of(original, hardLinks, options.trusted());
      if (files.bytes() > maxBytes) {
        throw new RefusedException(
            "has " + files.bytes() + " bytes; maxModelBytes allows " + maxBytes);
      }
      Path directory = StagingDirectory.create();
      StagedModel staged = new StagedModel(source, original, files, directory);
      boolean filled = false;
      try {
        staged.fill(options.maxGraphBytes());
        filled = true;
      } finally {
        if (!filled) {
          staged.close();
        }
      }
      return staged;
    } catch (RefusedException e) {
      throw failure(source, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw failure(source, TemporaryDirectory.explainCopy(e), e);
    }
  }

  private static ModelLoadException failure(
      ModelSource source, String reason, @Nullable Exception cause) {
    return new ModelLoadException(source.describe(), reason, cause);
  }

  private static void check(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new RefusedException("no such directory");
    }
    if (!Files.isDirectory(path)) {
      throw new RefusedException("is " + kind(path) + "; a SavedModel is a directory");
    }
    if (Files.isRegularFile(path.resolve(GRAPH))) {
      return;
    }
    try (Stream<Path> entries = Files.list(path)) {
      if (entries.findAny().isEmpty()) {
        throw new RefusedException("the directory is empty");
      }
    }
    String reason = "the directory has no " + GRAPH;
    for (String other : List.of("saved_model.pbtxt", "saved_model.cpb")) {
      if (Files.exists(path.resolve(other))) {
        reason += "; " + other + " is not supported";
      }
    }
    try (Stream<Path> entries = Files.list(path)) {
      reason +=
          entries
              .filter(Files::isRegularFile)
              .sorted()
              .filter(entry -> FileKind.isLikeOnnx(entry))
              .findFirst()
              .map(entry -> "; " + entry.getFileName() + " is an ONNX model, for OnnxEngine")
              .orElse("");
    }
    throw new RefusedException(reason);
  }

  private static String kind(Path file) {
    if (file.endsWith(GRAPH)) {
      return "a file; load the directory that it is in";
    }
    if (!Files.isRegularFile(file)) {
      return "not a directory";
    }
    if (FileKind.isLikeOnnx(file)) {
      return "a file (an ONNX model, which OnnxEngine loads)";
    }
    String kind = FileKind.of(file);
    return kind == null ? "a file" : "a file (" + kind + ")";
  }

  /** Says which file of weights or assets was not downloaded, if one was not; else null. */
  @Nullable String pointer() {
    for (Map.Entry<Path, FileStamp> file : files.all().entrySet()) {
      if (file.getValue().size() < 1024) {
        String kind = FileKind.of(file.getValue().real());
        if (kind != null && kind.contains("Git LFS")) {
          return file.getKey() + " is " + kind;
        }
      }
    }
    return null;
  }

  private void fill(long maxGraphBytes) throws IOException {
    if (source.sha256() != null) {
      copyAll();
      verify();
      graph = read(directory.resolve(GRAPH), maxGraphBytes);
      removeOthers();
      return;
    }
    graph = read(original.resolve(GRAPH), maxGraphBytes);
    Files.write(directory.resolve(GRAPH), graph);
    for (String part : PARTS) {
      Path from = original.resolve(part);
      if (Files.isDirectory(from)) {
        link(from.toRealPath(), part);
      }
    }
  }

  private static byte[] read(Path file, long most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes((int) Math.min(most + 1, Integer.MAX_VALUE - 8));
      if (bytes.length > most) {
        throw new RefusedException(
            GRAPH + " has more than " + most + " bytes; see TensorFlowOptions.maxGraphBytes");
      }
      if (bytes.length == 0) {
        throw new RefusedException(GRAPH + " is empty");
      }
      return bytes;
    }
  }

  /** Where links are not allowed, as on some Windows machines, copies do. */
  private void link(Path from, String part) throws IOException {
    try {
      Files.createSymbolicLink(directory.resolve(part), from);
    } catch (UnsupportedOperationException | IOException e) {
      for (Map.Entry<Path, FileStamp> file : files.all().entrySet()) {
        if (file.getKey().startsWith(part)) {
          copy(file.getKey(), file.getValue());
        }
      }
    }
  }

  private void copyAll() throws IOException {
    for (Map.Entry<Path, FileStamp> file : files.all().entrySet()) {
      copy(file.getKey(), file.getValue());
    }
  }

  /** One that grows meanwhile is refused: it could fill the disk. */
  private void copy(Path relative, FileStamp file) throws IOException {
    Path copy = directory.resolve(relative.toString());
    Files.createDirectories(copy.getParent());
    try (InputStream in = Files.newInputStream(file.real());
        OutputStream out = Files.newOutputStream(copy)) {
      byte[] chunk = new byte[CHUNK];
      long left = file.size();
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        left -= read;
        if (left < 0) {
          throw new RefusedException(file.path() + " grew while it was read");
        }
        out.write(chunk, 0, read);
      }
    }
  }

  private void verify() throws RefusedException {
    String found = ModelSource.file(directory).digest();
    if (!found.equals(source.sha256())) {
      throw new RefusedException(
          "its SHA-256 is not " + source.sha256() + " as expected, but " + found);
    }
  }

  /** TensorFlow would prefer a saved_model.cpb to the graph that is checked. */
  private void removeOthers() throws IOException {
    List<Path> entries;
    try (Stream<Path> all = Files.list(directory)) {
      entries = all.toList();
    }
    for (Path entry : entries) {
      String name = String.valueOf(entry.getFileName());
      if (!name.equals(GRAPH) && !PARTS.contains(name)) {
        delete(entry);
      }
    }
  }

  byte[] graph() {
    return graph;
  }

  Path directory() {
    return directory;
  }

  /**
   * Looks again, after native code has read the files.
   *
   * @throws ModelLoadException if one was replaced or written to since it was checked
   */
  void requireUnchanged() {
    if (source.sha256() == null) { // else the copy was loaded
      try {
        files.requireUnchanged();
      } catch (RefusedException e) {
        throw failure(source, String.valueOf(e.getMessage()), e);
      }
    }
  }

  private static void delete(Path top) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(top)) { // which does not follow links
      paths = new ArrayList<>(all.toList());
    }
    paths.sort(Comparator.reverseOrder());
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }

  @Override
  public void close() {
    try {
      delete(directory);
      StagingDirectory.giveBack(directory);
    } catch (IOException e) {
      System.getLogger(LOGGER)
          .log(System.Logger.Level.WARNING, "{0} is left behind: {1}", directory, e);
    }
  }
}
