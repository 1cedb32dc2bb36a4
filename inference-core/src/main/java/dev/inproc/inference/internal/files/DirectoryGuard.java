package dev.inproc.inference.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;

/** Tells whether strangers may put files into a directory, where the system has owners for them. */
public final class DirectoryGuard {
  private DirectoryGuard() {}

  /**
   * Does nothing if the directory is this user's or root's and not writable by every user.
   *
   * @throws IOException if not so
   */
  public static void requireGuarded(Path directory) throws IOException {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return;
    }
    PosixFileAttributes attributes = Files.readAttributes(directory, PosixFileAttributes.class);
    if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("every user may write to " + directory);
    }
    boolean isRoots = Integer.valueOf(0).equals(Files.getAttribute(directory, "unix:uid"));
    if (!isRoots && !attributes.owner().equals(me())) {
      throw new IOException(directory + " belongs to " + attributes.owner());
    }
  }

  /**
   * The owner of what this process makes: its name may be unknown to the system, in a container.
   */
  private static UserPrincipal me() throws IOException {
    Path probe = Files.createTempFile("inproc-owner-", "");
    try {
      return Files.getOwner(probe);
    } finally {
      Files.delete(probe);
    }
  }
}
