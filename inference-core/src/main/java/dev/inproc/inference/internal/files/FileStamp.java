package dev.inproc.inference.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * Which file a path leads to, and its state, to tell whether it was replaced or written to. On Unix
 * the time of its last status change is part of it, which a writer cannot set back.
 *
 * @param path as given
 * @param real without links
 * @param key its identity in the file system, if that tells one
 * @param size in bytes
 * @param modified when it was last written to
 * @param changed when its status last changed, on Unix
 */
public record FileStamp(
    Path path,
    Path real,
    @Nullable Object key,
    long size,
    FileTime modified,
    @Nullable Object changed) {

  /**
   * Looks at a regular file, links followed; opens nothing.
   *
   * @throws NotRegularFileException if it is something else
   */
  public static FileStamp of(Path path) throws IOException {
    Path real = path.toRealPath();
    BasicFileAttributes attributes =
        Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      throw new NotRegularFileException(path);
    }
    return new FileStamp(
        path,
        real,
        attributes.fileKey(),
        attributes.size(),
        attributes.lastModifiedTime(),
        unix(real, "ctime"));
  }

  /** Returns how many names the file has; 1 where the system does not tell. */
  public int links() throws IOException {
    return unix(real, "nlink") instanceof Integer links ? links : 1;
  }

  /** Returns whether the path still leads to that file, and no process wrote to it. */
  public boolean isCurrent() {
    try {
      return equals(of(path));
    } catch (IOException e) {
      return false;
    }
  }

  private static @Nullable Object unix(Path file, String attribute) throws IOException {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? Files.getAttribute(file, "unix:" + attribute, LinkOption.NOFOLLOW_LINKS)
        : null;
  }

  /** A directory, a pipe or a device where a file belongs. */
  public static final class NotRegularFileException extends IOException {
    private static final long serialVersionUID = 1L;

    NotRegularFileException(Path path) {
      super(path + " is not a regular file");
    }
  }
}
