package dev.inproc.inference.tf;

import dev.inproc.inference.internal.files.FileStamp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All files of a SavedModel's directory, as they were when they were looked at; none is opened.
 * Refused are, unless the model is trusted: symbolic links out of the directory, files with a
 * second name, which may lie anywhere; and always what is no file, such as a pipe, on which
 * TensorFlow would wait forever.
 */
final class ModelFiles {
  private final SortedMap<Path, FileStamp> all = new TreeMap<>();
  private long bytes;

  private ModelFiles() {}

  /**
   * Looks at a directory.
   *
   * @param root the directory, without links
   * @param hardLinks whether files may have other names
   * @param linksOut whether symbolic links may lead out of the directory
   * @throws RefusedException if it holds what it must not
   */
  static ModelFiles of(Path root, boolean hardLinks, boolean linksOut) throws IOException {
    checkLinks(root, linksOut);
    ModelFiles files = new ModelFiles();
    try (Stream<Path> walk = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
      for (Path path : (Iterable<Path>) walk::iterator) {
        if (!Files.isDirectory(path)) {
          files.add(root.relativize(path), stamp(path, hardLinks));
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return files;
  }

  private static void checkLinks(Path root, boolean linksOut) throws IOException {
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path path : (Iterable<Path>) walk::iterator) {
        if (Files.isSymbolicLink(path)) {
          checkLink(root, path, linksOut);
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void checkLink(Path root, Path link, boolean linksOut) throws IOException {
    Path target;
    try {
      target = link.toRealPath();
    } catch (FileSystemLoopException e) {
      throw new RefusedException(link + " is a symbolic link to itself");
    } catch (IOException e) {
      throw new RefusedException(link + " is a symbolic link to nowhere");
    }
    if (!linksOut && !target.startsWith(root)) {
      throw new RefusedException(
          link
              + " is a symbolic link to "
              + target
              + ", outside the model; TensorFlowOptions.trusted follows it");
    }
  }

  private static FileStamp stamp(Path path, boolean hardLinks) throws IOException {
    FileStamp stamp;
    try {
      stamp = FileStamp.of(path);
    } catch (FileStamp.NotRegularFileException e) {
      throw new RefusedException(path + " is not a regular file");
    }
    if (!hardLinks && stamp.links() > 1) {
      throw new RefusedException(
          path
              + " has "
              + stamp.links()
              + " names (hard links), which could lie anywhere; copy it, or give the model's SHA-256");
    }
    return stamp;
  }

  private void add(Path relative, FileStamp stamp) {
    all.put(relative, stamp);
    bytes += stamp.size();
  }

  /** By their paths below the directory. */
  SortedMap<Path, FileStamp> all() {
    return all;
  }

  long bytes() {
    return bytes;
  }

  /** Throws if one was replaced or written to since. */
  void requireUnchanged() throws RefusedException {
    for (FileStamp file : all.values()) {
      if (!file.isCurrent()) {
        throw new RefusedException(file.path() + " was changed while the model was loaded");
      }
    }
  }

  /** A model that must not be loaded; the message says why. */
  static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String reason) {
      super(reason);
    }
  }
}
