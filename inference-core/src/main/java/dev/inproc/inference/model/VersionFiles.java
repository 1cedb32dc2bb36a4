package dev.inproc.inference.model;

import dev.inproc.inference.internal.files.FileOperations;
import dev.inproc.inference.internal.files.FileStamp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares the files in a version's directory with its manifest. */
final class VersionFiles {
  /** Files are not as they must be, and stay so until somebody changes them. */
  static final class MismatchException extends Exception {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
      super(message);
    }
  }

  private final FileOperations operations;
  private final Path root;
  private final boolean allowsLinks;

  /**
   * Creates one.
   *
   * @param root what no link leads out of
   */
  VersionFiles(FileOperations operations, Path root, boolean allowsLinks) {
    this.operations = operations;
    this.root = root;
    this.allowsLinks = allowsLinks;
  }

  /**
   * Returns what is missing: a file, or some of its bytes; null if nothing is.
   *
   * @throws MismatchException if a file is not one, or is reached through a link
   */
  @Nullable String missing(Path directory, Manifest manifest)
      throws IOException, MismatchException {
    Set<String> seen = new HashSet<>();
    for (Manifest.File file : manifest.files()) {
      String missing = missing(directory, file, seen);
      if (missing != null) {
        return missing;
      }
    }
    return null;
  }

  private @Nullable String missing(Path directory, Manifest.File file, Set<String> seen)
      throws IOException, MismatchException {
    String path = file.path();
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      String parent = path.substring(0, slash);
      if (seen.add(parent)) {
        FileOperations.Stat stat = stat(directory, parent);
        if (stat == null) {
          return parent + " is not there";
        }
        if (!stat.isDirectory()) {
          throw new MismatchException(parent + ": expected a directory, got something else");
        }
      }
    }
    FileOperations.Stat stat = stat(directory, path);
    if (stat == null) {
      return path + " is not there";
    }
    if (!stat.isFile()) {
      throw new MismatchException(path + ": expected a regular file, got something else");
    }
    return stat.size() == file.size()
        ? null
        : path + " has " + stat.size() + " bytes of " + file.size();
  }

  /** What a path is; a link is followed where that is allowed and does not lead out of the root. */
  private FileOperations.@Nullable Stat stat(Path directory, String path)
      throws IOException, MismatchException {
    Path file = directory.resolve(path);
    FileOperations.Stat stat = operations.stat(file);
    if (stat == null || !stat.isLink()) {
      return stat;
    }
    if (!allowsLinks) {
      throw new MismatchException(
          path + " is a symbolic link; RepositoryOptions.withLinks allows links within the root");
    }
    Path target = file.toRealPath();
    if (!target.startsWith(root.toRealPath())) {
      throw new MismatchException(path + " is a symbolic link that leads out of the root");
    }
    return operations.stat(target);
  }

  /** Returns the stamps of all files. */
  List<FileStamp> stamps(Path directory, Manifest manifest) throws IOException {
    List<FileStamp> stamps = new ArrayList<>();
    for (Manifest.File file : manifest.files()) {
      stamps.add(FileStamp.of(directory.resolve(file.path())));
    }
    return stamps;
  }

  /**
   * Reads all files.
   *
   * @throws MismatchException if one is not the manifest's, or not in the manifest
   */
  void verify(Path directory, Manifest manifest) throws IOException, MismatchException {
    String missing = missing(directory, manifest);
    if (missing != null) {
      throw new IOException(missing);
    }
    requireAllListed(directory, manifest);
    for (Manifest.File file : manifest.files()) {
      String actual = operations.digest(directory.resolve(file.path()), file.size());
      if (!actual.equals(file.sha256())) {
        throw new MismatchException(
            file.path() + ": expected SHA-256 " + file.sha256() + ", got " + actual);
      }
    }
  }

  /** An engine may load a file that stands beside the model, so that an unlisted one is refused. */
  private void requireAllListed(Path directory, Manifest manifest)
      throws IOException, MismatchException {
    Set<String> listed = new HashSet<>();
    listed.add(ManifestPaths.MANIFEST);
    manifest.files().forEach(file -> listed.add(file.path()));
    for (Path each : operations.files(directory, false)) {
      String path = slashed(directory, each);
      boolean isLink = listed.stream().anyMatch(name -> name.startsWith(path + "/")); // a directory
      boolean isHidden = String.valueOf(each.getFileName()).startsWith(".");
      if (!listed.contains(path) && !isLink && !isHidden) {
        throw new MismatchException(path + " is not in the manifest");
      }
    }
  }

  /** Returns a file's path relative to a directory, with slashes. */
  static String slashed(Path directory, Path file) {
    String separator = directory.getFileSystem().getSeparator();
    return directory.relativize(file).toString().replace(separator, "/");
  }
}
