package dev.inproc.inference.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The directory of {@code java.io.tmpdir}: engines unpack their native libraries into it, and
 * models are staged in it. Says why it cannot be used, since native loaders blame something else.
 */
public final class TemporaryDirectory {
  private TemporaryDirectory() {}

  private static Path path() {
    return Path.of(System.getProperty("java.io.tmpdir", ""));
  }

  /** Returns why nothing can be written into it, or null if something can. Creates a file. */
  public static @Nullable String problem() {
    try {
      Path file = Files.createTempFile("inproc-", "");
      try {
        Files.write(file, new byte[8192]); // a full file system takes the name and not the bytes
      } finally {
        Files.delete(file);
      }
      return null;
    } catch (IOException | SecurityException e) {
      return explain(e);
    }
  }

  /** Returns what a failed copy into it says: that it cannot be used, or the failure itself. */
  public static String explainCopy(IOException failure) {
    String text = failure.toString(); // it may name the source, which may lie there as well
    if (text.contains("No space left") || text.contains("not enough space")) {
      return explain(failure);
    }
    String problem = problem();
    return problem == null ? failure.toString() : problem;
  }

  private static String explain(Throwable failure) {
    return description() + ": " + failure + ". " + advice();
  }

  /**
   * Returns what the directory has to do with a native library that does not load, or null if the
   * failure points elsewhere.
   */
  public static @Nullable String explainNative(Throwable failure) {
    StringBuilder all = new StringBuilder();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      all.append(each).append('\n');
    }
    String text = all.toString();
    String reason;
    if (text.contains("failed to map segment") || text.contains("Operation not permitted")) {
      reason = "code in it cannot be executed; it may be mounted noexec";
    } else if (text.contains("No space left") || text.contains("in java.library.path")) {
      reason = "the library could not be unpacked into it, for lack of space or otherwise";
    } else {
      return null;
    }
    return description() + ": " + reason + ". " + advice();
  }

  private static String description() {
    String free;
    try {
      long bytes = Files.getFileStore(path()).getUsableSpace();
      free = String.format(Locale.ROOT, ", %.1f MB free", bytes / 1e6);
    } catch (IOException | SecurityException e) {
      free = Files.isDirectory(path()) ? "" : ", which is no directory";
    }
    return "the temporary directory " + path() + " (java.io.tmpdir" + free + ") cannot be used";
  }

  private static String advice() {
    return "Start the JVM with -Djava.io.tmpdir=DIRECTORY that exists, can be written to, allows"
        + " execution and has room";
  }
}
