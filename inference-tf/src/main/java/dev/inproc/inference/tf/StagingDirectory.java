package dev.inproc.inference.tf;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Private temporary directories under names that are used again. TensorFlow counts what it loads by
 * path and keeps every path's counters for good: with a name of its own, each load left 2 KB
 * behind.
 */
final class StagingDirectory {
  private static final Queue<Path> NAMES = new ConcurrentLinkedQueue<>();

  private StagingDirectory() {}

  /** Makes an empty one, which only its owner may enter. */
  static Path create() throws IOException {
    for (Path name = NAMES.poll(); name != null; name = NAMES.poll()) {
      try {
        return createPrivate(name);
      } catch (FileAlreadyExistsException e) {
        // Another process has the name by now: take the next.
      }
    }
    return Files.createTempDirectory("inproc-tf-");
  }

  private static Path createPrivate(Path name) throws IOException {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      return Files.createDirectory(name);
    }
    return Files.createDirectory(
        name, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Gives the name of one that is deleted back. */
  static void giveBack(Path name) {
    NAMES.add(name);
  }
}
